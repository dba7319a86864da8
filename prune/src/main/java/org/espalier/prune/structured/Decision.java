package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.espalier.graph.Model;
import org.espalier.prune.Budget;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.rewrite.Costs;
import org.espalier.prune.rewrite.Ordering;

/** One step of a recipe: which channels of one model go. */
final class Decision {
  /** How often a prediction of costs that turns out wrong is put right. */
  private static final int ATTEMPTS = 6;

  /** A share of the limit by which a prediction may be wrong. */
  private static final double TOLERANCE = 1e-3;

  private final ChannelRecipe recipe;
  private final Choice choice;
  private final Map<String, Integer> widths;
  private final double progress;
  private final Function<Removal, Model> making;

  /**
   * @param widths how many channels the original has in each group
   * @param progress the share of all steps that is done after this one
   * @param making what a removal makes of the model, repaired where the recipe repairs
   */
  Decision(
      ChannelRecipe recipe,
      Choice choice,
      Map<String, Integer> widths,
      double progress,
      Function<Removal, Model> making) {
    this.recipe = recipe;
    this.choice = choice;
    this.widths = widths;
    this.progress = progress;
    this.making = making;
  }

  /** The channels that go. */
  Removal towards(Target target) {
    BitSet removed =
        switch (target.budget()) {
          case Budget.Channels(double share) -> channels(share, target);
          case Budget.AccuracyLoss _ ->
              new AccuracySearch(recipe.method().path(choice), choice, target, this::made)
                  .above(target.limit(progress));
          case Budget.Cost(Budget.Unit unit, _, _) when unit == Budget.Unit.LATENCY ->
              new LatencySearch(recipe.method().path(choice), choice, target, this::rewritten)
                  .within(target.limit(progress));
          default -> predicted(target);
        };
    return choice.removal(removed);
  }

  private BitSet channels(double share, Target target) {
    boolean each = recipe.scope() == null && !recipe.method().allocates();
    if (each || (choice.scope() instanceof Scope.PerGroup && !recipe.method().allocates())) {
      return ofEachGroup(share, target);
    }
    Removals path = recipe.method().path(choice);
    long before = choice.groups().stream().mapToLong(s -> width(s.group())).sum();
    long left = before - Math.round(share * progress * before);
    ToDoubleFunction<BitSet> stay = gone -> choice.channels() - gone.cardinality();
    Bisection fit = Bisection.of(path.length(), path::after, stay, (double) left);
    if (fit == null) {
      BitSet all = path.after(path.length());
      target.note(
          "%d of %d channels were to stay and %d did: no more may go"
              .formatted(left, before, choice.channels() - all.cardinality()));
      return choice.rounded(all);
    }
    return choice.rounded(filled(fit.removed(), stay, (double) left));
  }

  /** How many channels the original has in a group. */
  private int width(Group group) {
    return widths.getOrDefault(group.name(), group.size());
  }

  /** The same share of each group, to the nearest channel; half a channel goes. */
  private BitSet ofEachGroup(double share, Target target) {
    BitSet removed = new BitSet();
    int single = 0;
    for (Scored scored : choice.groups()) {
      Group group = scored.group();
      int width = width(group);
      long asked = Math.round(share * progress * width) - (width - group.size());
      int prune = Math.clamp(asked, 0, scored.most());
      single += prune < asked ? 1 : 0;
      Scored alone = new Scored(group, scored.scores(), prune);
      for (int channel : Ranking.of(List.of(alone), new Scope.PerGroup(), choice.subject())) {
        removed.set(channel);
      }
    }
    if (single > 0) {
      target.note("%d groups keep more than asked, as many as must stay".formatted(single));
    }
    return choice.rounded(removed);
  }

  /** The least removal whose cost, known without making the model, is within the limit. */
  private BitSet predicted(Target target) {
    Removals path = recipe.method().path(choice);
    double limit = target.limit(progress);
    double overhead =
        bytes(target.budget()) ? target.original() - cost(target.budget(), new BitSet()) : 0;
    BitSet best = null;
    double most = 0;
    for (int attempt = 1; ; attempt++) {
      double within = limit - overhead;
      Bisection fit =
          Bisection.of(
              path.length(),
              steps -> choice.rounded(path.after(steps)),
              removed -> cost(target.budget(), removed),
              within);
      BitSet removed;
      if (fit == null) {
        removed = choice.rounded(path.after(path.length()));
      } else if (choice.multiple() == 1) {
        removed = filled(fit.removed(), set -> cost(target.budget(), set), within);
      } else {
        removed = fit.removed();
      }
      double actual = target.actual(rewritten(removed));
      if (fit == null && actual > limit) {
        throw target.unreachable(removed.cardinality(), "channels", actual);
      }
      // Nodes that are added, such as a shuffle's Gather, and whatever else a method changes.
      double mistaken = actual - cost(target.budget(), removed) - overhead;
      if (actual <= limit && actual >= most) {
        best = removed;
        most = actual;
      }
      boolean told = Math.abs(mistaken) <= TOLERANCE * limit;
      if ((actual <= limit && told) || attempt == ATTEMPTS) {
        BitSet chosen = best == null ? removed : best;
        if (progress == 1) {
          explain(target, chosen, (best == null ? actual : most) - limit);
        }
        return chosen;
      }
      overhead += mistaken;
    }
  }

  private void explain(Target target, BitSet removed, double excess) {
    if (excess > 0) {
      target.note("missed by %s: nothing smaller was found".formatted(Math.round(excess)));
    } else if (excess < 0 && !removed.isEmpty()) {
      target.note(
          "%s below the limit: %s would exceed it"
              .formatted(
                  Math.round(-excess),
                  choice.multiple() == 1
                      ? "putting back any channel"
                      : "the next larger widths that are multiples of " + choice.multiple()));
    }
  }

  private static boolean bytes(Budget budget) {
    return budget instanceof Budget.Cost cost && cost.unit() == Budget.Unit.BYTES;
  }

  private double cost(Budget budget, BitSet removed) {
    Costs costs = choice.costs();
    Removal removal = choice.removal(removed);
    return switch (budget) {
      case Budget.Cost(Budget.Unit unit, _, _) when unit == Budget.Unit.MACS -> costs.macs(removal);
      case Budget.Cost(Budget.Unit unit, _, _) when unit == Budget.Unit.BYTES ->
          costs.bytes(removal);
      default -> costs.parameters(removal);
    };
  }

  /** Puts back the channels with the highest scores while the cost stays within the limit. */
  private BitSet filled(BitSet removed, ToDoubleFunction<BitSet> cost, double limit) {
    BitSet filled = (BitSet) removed.clone();
    Set<Scored> open = new HashSet<>(choice.groups());
    var order = new ArrayList<>(choice.groups());
    while (!open.isEmpty()) {
      for (Scored scored : order) {
        int channel = open.contains(scored) ? Choice.best(scored, filled) : -1;
        if (channel < 0) {
          open.remove(scored);
          continue;
        }
        filled.clear(channel);
        if (cost.applyAsDouble(filled) > limit) {
          filled.set(channel);
          open.remove(scored);
        }
      }
    }
    return filled;
  }

  /** The model without these channels as the recipe leaves it, repaired where it repairs. */
  private Model made(BitSet removed) {
    return making.apply(Ordering.of(choice.removal(removed)));
  }

  private Model rewritten(BitSet removed) {
    return recipe.method().cut(Ordering.of(choice.removal(removed)), choice);
  }
}
