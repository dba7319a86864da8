package org.espalier.prune.structured;

import java.util.Optional;
import java.util.SplittableRandom;
import org.espalier.prune.coupling.Group;

/** How much each channel of a group matters. */
@FunctionalInterface
public interface GroupSaliency {
  /** A score for each channel of a group, none of them NaN; the lowest go first. */
  double[] score(Group group, Subject subject);

  /** Why this saliency can say nothing about a group, which then keeps all its channels. */
  default Optional<String> silence(Group group, Subject subject) {
    return Optional.empty();
  }

  /** Uniform random scores, from a stream of its own for each group's name: the control. */
  static GroupSaliency random() {
    return (group, subject) -> {
      var random =
          new SplittableRandom(subject.seed() * 0x9E3779B97F4A7C15L + group.name().hashCode());
      return random.doubles(group.size()).toArray();
    };
  }
}
