package org.espalier.prune.structured;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.evidence.Need;

/**
 * The mean curvature of a filter's weights times half its squared norm (HAP, Yu et al., 2022): what
 * the loss grows by if all its weights were as curved as they are on average. The trace is
 * Hutchinson's estimate, the same random vectors for all groups; summed over the filters that make
 * the channels.
 */
public final class HessianTrace implements GroupSaliency {
  private final int vectors;
  private Map<String, double[]> diagonals;

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
      diagonals = diagonals(subject);
    }
    double[] scores = new double[group.size()];
    for (Member member : members(group, subject)) {
      Tensor values = subject.weight(member);
      double[] diagonal = diagonals.get(member.weight().value());
      double[] trace = Slices.sums(group, member, values, (index, value) -> diagonal[index]);
      double[] norm = Slices.sums(group, member, values, (index, value) -> value * value);
      double[] count = Slices.sums(group, member, values, (index, value) -> 1);
      for (int k = 0; k < scores.length; k++) {
        scores[k] += trace[k] / count[k] * norm[k] / 2;
      }
    }
    return scores;
  }

  /** The mean over random vectors of signs v of v times the Hessian's product with it. */
  private Map<String, double[]> diagonals(Subject subject) {
    var sums = new LinkedHashMap<String, double[]>();
    var random = new SplittableRandom(subject.seed());
    for (int round = 0; round < vectors; round++) {
      var signs = new LinkedHashMap<String, Tensor>();
      for (String weight : subject.evidence().weights().stream().sorted().toList()) {
        Tensor vector = Tensor.allocate(DataType.FLOAT, subject.weights().get(weight).dims());
        for (long k = 0; k < vector.size(); k++) {
          vector.setFloat(k, random.nextInt() < 0 ? -1 : 1);
        }
        signs.put(weight, vector);
      }
      subject
          .evidence()
          .hessianVector(signs)
          .forEach(
              (weight, product) -> {
                double[] sum = sums.computeIfAbsent(weight, _ -> new double[(int) product.size()]);
                Tensor sign = signs.get(weight);
                for (int k = 0; k < sum.length; k++) {
                  sum[k] += sign.floatAt(k) * product.realAt(k) / vectors;
                }
              });
    }
    return sums;
  }
}
