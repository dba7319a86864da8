package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;
import org.espalier.graph.Node;

/**
 * The nodes whose channels can be tied in more than one way, such as a Reshape that splits an axis
 * into heads and their dimensions. What has only one way left is decided first, the others in graph
 * order. A way that leaves nothing to prune is given up where another one lives.
 */
final class Choices {
  private static final int ROUNDS = 12;

  private final Ties ties;
  private final List<Choice> choices = new ArrayList<>();

  Choices(Ties ties) {
    this.ties = ties;
  }

  private static final class Choice {
    final Node node;
    final List<Option> options;
    final BitSet banned = new BitSet();
    int taken;
    boolean forced;

    Choice(Node node, List<Option> options) {
      this.node = node;
      this.options = List.copyOf(options);
    }
  }

  void add(Node node, List<Option> options) {
    choices.add(new Choice(node, options));
  }

  /**
   * Decides all.
   *
   * @param lives whether an axis has a channel that could be pruned, as things stand
   */
  void decide(Liveness lives) {
    if (choices.isEmpty()) {
      return;
    }
    Ties.State before = ties.state();
    for (int round = 0; round < ROUNDS; round++) {
      takeAll();
      Predicate<Axis> alive = lives.now();
      boolean changed = false;
      for (Choice choice : choices) {
        if (choice.taken >= 0
            && !choice.forced
            && choice.options.get(choice.taken).axes().stream().noneMatch(alive)) {
          choice.banned.set(choice.taken);
          changed = true;
        }
      }
      if (!changed) {
        return;
      }
      ties.restore(before);
    }
    takeAll();
  }

  /** Tells which axes have prunable channels. */
  @FunctionalInterface
  interface Liveness {
    Predicate<Axis> now();
  }

  private void takeAll() {
    var pending = new ArrayList<>(choices);
    while (!pending.isEmpty()) {
      if (!pending.removeIf(this::takeForced)) {
        Choice first = pending.removeFirst();
        first.forced = false;
        take(first, next(first, 0));
      }
    }
  }

  private boolean takeForced(Choice choice) {
    int only = next(choice, 0);
    if (only >= 0 && next(choice, only + 1) >= 0) {
      return false;
    }
    choice.forced = true;
    take(choice, only);
    return true;
  }

  /** The first way from {@code from} on that is still open, or -1. */
  private int next(Choice choice, int from) {
    for (int k = from; k < choice.options.size(); k++) {
      if (!choice.banned.get(k) && choice.options.get(k).isOpen(ties)) {
        return k;
      }
    }
    return -1;
  }

  private void take(Choice choice, int option) {
    choice.taken = option;
    if (option >= 0) {
      choice.options.get(option).apply().run();
      return;
    }
    for (Option each : choice.options) {
      for (Axis axis : each.axes()) {
        ties.fix(
            axis.value(),
            axis.axis(),
            choice.node.label(),
            "no way of dividing it leaves channels to prune");
      }
    }
  }
}
