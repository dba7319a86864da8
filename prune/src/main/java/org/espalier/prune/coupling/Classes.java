package org.espalier.prune.coupling;

import java.util.BitSet;
import java.util.Map;
import java.util.function.Predicate;
import org.espalier.graph.Tensor;

/** The channels as they are tied now: entries with one root, some of them of weights. */
final class Classes {
  private final Ties ties;
  private final Map<String, Tensor> parameters;
  private final Roles roles;

  Classes(Ties ties, Map<String, Tensor> parameters, Roles roles) {
    this.ties = ties;
    this.parameters = parameters;
    this.roles = roles;
  }

  /** The roots of what can be pruned: nothing stays, and some weight makes it. */
  BitSet prunable() {
    var roots = new BitSet(ties.entries());
    parameters.forEach(
        (name, tensor) -> {
          for (int axis = 0; axis < tensor.rank(); axis++) {
            int number = ties.number(name, axis);
            if (number >= 0 && roles.of(new Axis(name, axis)) == Role.PRODUCER) {
              for (int k = ties.start(number); k < ties.end(number); k++) {
                if (!ties.isFixed(k)) {
                  roots.set(ties.root(k));
                }
              }
            }
          }
        });
    return roots;
  }

  /** Tells whether an axis has an entry that can be pruned. */
  Predicate<Axis> liveness() {
    BitSet prunable = prunable();
    return axis -> {
      int number = ties.number(axis.value(), axis.axis());
      for (int k = number < 0 ? 0 : ties.start(number); number >= 0 && k < ties.end(number); k++) {
        if (prunable.get(ties.root(k))) {
          return true;
        }
      }
      return false;
    };
  }
}
