package org.espalier.prune;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.evidence.Need;

/**
 * How much of the budget each layer bears. Beside those named here, allocations are found through
 * {@link ServiceLoader}; register one in {@code META-INF/services/org.espalier.prune.Allocation}.
 */
public interface Allocation {
  /** The same share of every layer. */
  @SuppressWarnings("ClassInitializationDeadlock") // nothing but this interface makes one
  Allocation UNIFORM = new Uniform();

  /** One ranking over all layers: the lowest scores go, wherever they stand. */
  @SuppressWarnings("ClassInitializationDeadlock")
  Allocation GLOBAL = new Global();

  /** Erdős-Rényi-Kernel: large layers bear more. */
  @SuppressWarnings("ClassInitializationDeadlock")
  Allocation ERK = new ErdosRenyi();

  /** How the command calls it, in lower case. */
  String name();

  /**
   * How many weights are to be zero in each layer: {@code demand.prune()} in all, in no layer fewer
   * than are zero already, and not all of a layer. {@link Counts} gets there from densities.
   */
  long[] counts(Demand demand);

  /** Whether it looks at scores; else only at which weights are zero already. */
  default boolean ranks() {
    return true;
  }

  /** What is to be observed of the network beforehand. */
  default Set<Need> needs() {
    return Set.of();
  }

  /** All allocations, ours and third parties'. */
  static List<Allocation> all() {
    var all = new ArrayList<>(List.of(UNIFORM, GLOBAL, ERK));
    ServiceLoader.load(Allocation.class).forEach(all::add);
    return List.copyOf(all);
  }

  /** Parses a name in any case. */
  static Allocation parse(String text) {
    return all().stream()
        .filter(allocation -> allocation.name().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "no allocation '%s'; expected %s"
                        .formatted(
                            text,
                            all().stream()
                                .map(Allocation::name)
                                .collect(Collectors.joining(", ")))));
  }
}
