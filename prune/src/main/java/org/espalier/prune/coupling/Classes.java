package org.espalier.prune.coupling;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.espalier.graph.Tensor;

/** The channels as they are tied now: entries with one root, some of them of weights. */
final class Classes {
  private final Ties ties;
  private final Map<String, Tensor> parameters;
  private final Roles roles;
  private final List<Seam> seams;

  Classes(Ties ties, Map<String, Tensor> parameters, Roles roles, List<Seam> seams) {
    this.seams = seams;
    this.ties = ties;
    this.parameters = parameters;
    this.roles = roles;
  }

  /** The roots of what can be pruned: nothing stays, and some weight or seam makes it. */
  BitSet prunable() {
    var roots = new BitSet(ties.entries());
    parameters.forEach(
        (name, tensor) -> {
          for (int axis = 0; axis < tensor.rank(); axis++) {
            if (roles.of(new Axis(name, axis)) == Role.PRODUCER) {
              addLoose(new Axis(name, axis), roots);
            }
          }
        });
    seams.forEach(seam -> addLoose(seam.behind(), roots));
    return roots;
  }

  private void addLoose(Axis axis, BitSet roots) {
    int number = ties.number(axis.value(), axis.axis());
    for (int k = number < 0 ? 0 : ties.start(number); number >= 0 && k < ties.end(number); k++) {
      if (!ties.isFixed(k)) {
        roots.set(ties.root(k));
      }
    }
  }

  /** By root: the axes that its entries lie on and how often, as the sum of a hash of each. */
  long[] signatures() {
    var signatures = new long[ties.entries()];
    for (int number = 0; number < ties.axes().size(); number++) {
      long hash = mix(number);
      for (int k = ties.start(number); k < ties.end(number); k++) {
        signatures[ties.root(k)] += hash;
      }
    }
    return signatures;
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long number) {
    long z = (number + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Tells whether an axis has an entry that can be pruned, with another of its kind to stay. */
  Predicate<Axis> liveness() {
    BitSet prunable = prunable();
    long[] signatures = signatures();
    var once = new HashSet<Long>();
    var twice = new HashSet<Long>();
    prunable.stream()
        .mapToObj(root -> signatures[root])
        .filter(signature -> !once.add(signature))
        .forEach(twice::add);
    return axis -> {
      int number = ties.number(axis.value(), axis.axis());
      for (int k = number < 0 ? 0 : ties.start(number); number >= 0 && k < ties.end(number); k++) {
        int root = ties.root(k);
        if (prunable.get(root) && twice.contains(signatures[root])) {
          return true;
        }
      }
      return false;
    };
  }
}
