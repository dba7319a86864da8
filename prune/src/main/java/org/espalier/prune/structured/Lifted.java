package org.espalier.prune.structured;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.evidence.Need;

/**
 * A criterion of single weights lifted to channels, as in DepGraph and SPA: the worth of a
 * channel's elements is summed up in each weight, reduced over the weights, and normalised within
 * the group.
 */
public record Lifted(
    Criterion criterion, Part part, Reduction reduction, Normalization normalization)
    implements GroupSaliency {

  @Override
  public Set<Need> needs() {
    return criterion.needs();
  }

  @Override
  public double[] score(Group group, Subject subject) {
    List<Member> members = part.of(group, subject);
    // Channels that no filter makes, such as those of a lone embedding's bias, go by what there is.
    List<Member> seen = members.isEmpty() ? Part.WEIGHTS.of(group, subject) : members;
    List<Member> some = seen.isEmpty() ? group.members() : seen;
    double[][] slices = new double[some.size()][];
    for (int k = 0; k < slices.length; k++) {
      slices[k] = slices(group, some.get(k), subject);
    }
    return normalization.of(reduction.of(slices));
  }

  private double[] slices(Group group, Member member, Subject subject) {
    Tensor values = subject.weight(member);
    double[] sums =
        Slices.sums(group, member, values, criterion.in(member.weight().value(), values, subject));
    for (int channel = 0; channel < sums.length; channel++) {
      sums[channel] = criterion.slice(sums[channel]);
    }
    return sums;
  }

  @Override
  public Optional<String> silence(Group group, Subject subject) {
    return part == Part.SCALES && part.of(group, subject).isEmpty()
        ? Optional.of("no normalisation scales its channels")
        : Optional.empty();
  }
}
