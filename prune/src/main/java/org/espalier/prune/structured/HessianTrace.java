package org.espalier.prune.structured;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.evidence.Hutchinson;
import org.espalier.prune.evidence.Need;

/**
 * The mean curvature of a filter's weights times half its squared norm (HAP, Yu et al., 2022): what
 * the loss grows by if all its weights were as curved as they are on average. The trace is
 * Hutchinson's estimate, the same random vectors for all groups; summed over the filters that make
 * the channels.
 */
public final class HessianTrace implements GroupSaliency {
  private final int vectors;
  private Map<String, Tensor> diagonals;

  /**
   * @param vectors how many random vectors; the paper has up to 300
   */
  public HessianTrace(int vectors) {
    this.vectors = vectors;
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.HESSIAN_VECTOR);
  }

  @Override
  public Optional<String> silence(Group group, Subject subject) {
    return members(group, subject).isEmpty()
        ? Optional.of("no weight that is differentiated makes its channels")
        : Optional.empty();
  }

  private static List<Member> members(Group group, Subject subject) {
    return Part.FILTERS.of(group, subject).stream()
        .filter(member -> subject.evidence().weights().contains(member.weight().value()))
        .toList();
  }

  @Override
  public double[] score(Group group, Subject subject) {
    if (diagonals == null) {
      diagonals = Hutchinson.diagonal(subject.evidence(), vectors, subject.seed());
    }
    double[] scores = new double[group.size()];
    for (Member member : members(group, subject)) {
      Tensor values = subject.weight(member);
      Tensor diagonal = diagonals.get(member.weight().value());
      double[] trace = Slices.sums(group, member, values, (index, value) -> diagonal.realAt(index));
      double[] norm = Slices.sums(group, member, values, (index, value) -> value * value);
      double[] count = Slices.sums(group, member, values, (index, value) -> 1);
      for (int k = 0; k < scores.length; k++) {
        scores[k] += trace[k] / count[k] * norm[k] / 2;
      }
    }
    return scores;
  }
}
