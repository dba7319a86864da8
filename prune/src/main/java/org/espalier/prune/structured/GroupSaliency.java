package org.espalier.prune.structured;

import java.util.Optional;
import java.util.Set;
import org.espalier.prune.RandomStreams;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.evidence.Need;

/** How much each channel of a group matters. */
@FunctionalInterface
public interface GroupSaliency {
  /** A score for each channel of a group, none of them NaN; the lowest go first. */
  double[] score(Group group, Subject subject);

  /** What is to be observed of the network for it. */
  default Set<Need> needs() {
    return Set.of();
  }

  /** Why this saliency can say nothing about a group, which then keeps all its channels. */
  default Optional<String> silence(Group group, Subject subject) {
    return Optional.empty();
  }

  /** Uniform random scores, from a stream of its own for each group's name: the control. */
  static GroupSaliency random() {
    return (group, subject) -> {
      var random = RandomStreams.of(subject.seed(), group.name());
      return random.doubles(group.size()).toArray();
    };
  }
}
