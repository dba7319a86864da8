package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;

/**
 * Which grouped operators lose as many channels of each group, any of them, and which the same slot
 * of each: those for which slots, tied with other channels, leave few or none to choose from.
 */
final class Balances {
  private final Graph graph;
  private final Map<String, List<Node>> readers;
  private final Set<Axis> loose;
  private final List<Balance> all = new ArrayList<>();

  /**
   * @param loose the axes that aren't to go by slots
   */
  Balances(Graph graph, Set<Axis> loose) {
    this.graph = graph;
    this.readers = loose.isEmpty() ? Map.of() : graph.consumers();
    this.loose = loose;
  }

  /** Whether any channels of a group may go; not where others share the weight that says which. */
  boolean isLoose(Balance balance) {
    return loose.contains(balance.along())
        && (!balance.hasWeight()
            || (graph.initializers().containsKey(balance.weight())
                && readers.get(balance.weight()).size() == 1));
  }

  /** Notes what a grouped operator reads or makes, however it is tied. */
  void add(Balance side) {
    all.add(side);
  }

  /**
   * The axes that aren't to go by slots, and those whose slots all stay or are tied with each
   * other, so that at most half as many are left.
   */
  Set<Axis> coarse(Ties ties) {
    Set<Axis> coarse = new HashSet<>(loose);
    for (Balance slot : all) {
      int number = ties.number(slot.along().value(), slot.along().axis());
      Set<Integer> roots = new HashSet<>();
      for (int k = ties.start(number); k < ties.end(number); k++) {
        if (!ties.isFixed(k)) {
          roots.add(ties.root(k));
        }
      }
      int each = (ties.end(number) - ties.start(number)) / slot.blocks();
      if (2 * roots.size() <= each) {
        coarse.add(slot.along());
      }
    }
    return coarse;
  }
}
