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

    /** Whether there was nothing else left to take. */
    boolean settled;

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
      if (!ban(lives.now())) {
        return;
      }
      ties.restore(before);
    }
    takeAll();
  }

  /**
   * Rules out what was taken and left nothing to prune. Convolutions that lost the same slot of
   * every group come first: whole heads of what is reshaped next to them may live then.
   */
  private boolean ban(Predicate<Axis> alive) {
    List<Choice> dead =
        choices.stream()
            .filter(choice -> choice.taken >= 0 && !choice.settled)
            .filter(choice -> choice.options.get(choice.taken).axes().stream().noneMatch(alive))
            .toList();
    List<Choice> slots =
        dead.stream().filter(choice -> !choice.options.get(choice.taken).every()).toList();
    for (Choice choice : slots.isEmpty() ? dead : slots) {
      choice.banned.set(choice.taken);
    }
    return !dead.isEmpty();
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
        first.settled = false;
        take(first, next(first, 0));
      }
    }
  }

  private boolean takeForced(Choice choice) {
    int only = next(choice, 0);
    if (only >= 0 && next(choice, only + 1) >= 0) {
      return false;
    }
    choice.settled = true;
    take(choice, only >= 0 ? only : preferred(choice));
    return true;
  }

  /** The first way from {@code from} on that is still open and not given up, or -1. */
  private int next(Choice choice, int from) {
    for (int k = from; k < choice.options.size(); k++) {
      if (!choice.banned.get(k) && choice.options.get(k).isOpen(ties)) {
        return k;
      }
    }
    return -1;
  }

  /** The first way that is open, given up or not. */
  private int preferred(Choice choice) {
    for (int k = 0; k < choice.options.size(); k++) {
      if (choice.options.get(k).isOpen(ties)) {
        return k;
      }
    }
    return -1;
  }

  private void take(Choice choice, int option) {
    choice.taken = option;
    String reason = "no way of dividing it leaves channels to prune";
    if (option >= 0) {
      try {
        choice.options.get(option).apply().run();
        return;
      } catch (Refusal refusal) {
        reason = refusal.getMessage();
      }
    }
    for (Option each : choice.options) {
      for (Axis axis : each.axes()) {
        ties.fix(axis.value(), axis.axis(), choice.node.label(), reason);
      }
    }
  }
}
