package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
          boolean none = true;
          for (int axis = 0; axis < tensor.rank(); axis++) {
            none &= !along.containsKey(new Axis(name, axis));
          }
          for (int axis = 0; axis < tensor.rank(); axis++) {
            var weight = new Axis(name, axis);
            if (tensor.dim(axis) > 1 && (none || roles.isKnown(weight))) {
              reason(weight).ifPresent(frozen -> found.putIfAbsent(weight, frozen));
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
