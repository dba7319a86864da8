package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.espalier.graph.Tensor;

/** Tells why weights can't be pruned, and which nodes have frozen what they touch. */
final class Refusals {
  private final Ties ties;
  private final Map<String, Tensor> parameters;
  private final Roles roles;
  private final Map<Axis, int[]> along;
  private final Map<Axis, Frozen> found = new LinkedHashMap<>();

  Refusals(
      Ties ties,
      Map<String, Tensor> parameters,
      Roles roles,
      Map<Axis, int[]> along,
      List<Frozen> refused) {
    this.ties = ties;
    this.parameters = parameters;
    this.roles = roles;
    this.along = along;
    refused.forEach(frozen -> found.putIfAbsent(frozen.value(), frozen));
  }

  List<Frozen> frozen() {
    parameters.forEach(
        (name, tensor) -> {
          List<Axis> axes =
              IntStream.range(0, tensor.rank()).mapToObj(axis -> new Axis(name, axis)).toList();
          boolean ruled = axes.stream().anyMatch(roles::isKnown);
          boolean none = axes.stream().noneMatch(along::containsKey);
          for (Axis axis : axes) {
            if (tensor.dim(axis.axis()) > 1 && (ruled ? roles.isKnown(axis) : none)) {
              reason(axis).ifPresent(frozen -> found.putIfAbsent(axis, frozen));
            }
          }
        });
    return new ArrayList<>(found.values());
  }

  /** Why the first entry of this axis that isn't a channel's must stay. */
  private Optional<Frozen> reason(Axis weight) {
    int number = ties.number(weight.value(), weight.axis());
    if (number < 0) {
      return Optional.of(new Frozen(weight, "", "nothing that was analysed uses it"));
    }
    int[] channels = along.get(weight);
    for (int k = ties.start(number); k < ties.end(number); k++) {
      if (channels == null || channels[k - ties.start(number)] < 0) {
        return Optional.of(
            ties.reason(k)
                .map(why -> new Frozen(weight, why.node(), text(weight, why)))
                .orElse(new Frozen(weight, "", "a channel alone, or one that no weight makes")));
      }
    }
    return Optional.empty();
  }

  private static String text(Axis weight, Frozen why) {
    return why.value().equals(weight) ? why.reason() : why.value() + ": " + why.reason();
  }
}
