package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.prune.Budget;
import org.espalier.prune.Count;
import org.espalier.prune.Layers;
import org.espalier.prune.Skipped;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.rewrite.Block;
import org.espalier.prune.rewrite.Blocks;

/** One application of a recipe: in each step blocks are found, scored, chosen and taken out. */
final class BlockPruning {
  private final BlockRecipe recipe;
  private final Model original;
  private final Evidence evidence;
  private final Target target;
  private final int steps;
  private final List<BlockCertificate.Gone> gone = new ArrayList<>();
  private final Set<Skipped> skipped = new LinkedHashSet<>();
  private int found;

  BlockPruning(BlockRecipe recipe, Model original, Evidence evidence, Meters meters) {
    this.recipe = recipe;
    this.original = original;
    this.evidence = evidence;
    this.target = Target.of(recipe.budget(), original, meters);
    this.steps = recipe.steps() == 0 ? recipe.method().steps() : recipe.steps();
  }

  /** The blocks of a model that may go, the first to go first. */
  private record Order(Blocks blocks, List<Block> order, List<Double> scores) {
    /** The model without some of them. */
    Model without(BitSet removed) {
      return blocks.without(removed.stream().mapToObj(order::get).toList());
    }
  }

  BlockOutcome outcome() {
    Model current = original;
    for (int step = 1; step <= steps; step++) {
      Order order = order(Blocks.of(current), step == 1);
      BitSet removed = removed(order, (double) step / steps);
      removed.stream()
          .forEach(
              k -> {
                Block block = order.order().get(k);
                gone.add(
                    new BlockCertificate.Gone(
                        block.name(), order.scores().get(k), block.parameters()));
              });
      if (!removed.isEmpty()) {
        current = order.without(removed);
      }
    }
    return new BlockOutcome(current, certificate(current));
  }

  private Order order(Blocks blocks, boolean first) {
    if (first) {
      found = blocks.all().size();
      if (found == 0) {
        throw new InvalidInputException(
            "the model has no residual blocks: nothing is added to what goes past it unchanged");
      }
    }
    Set<String> dense = dense(blocks.model(), first);
    var places = new ArrayList<Integer>();
    for (int k = 0; k < blocks.all().size(); k++) {
      Block block = blocks.all().get(k);
      if (block.nodes().stream().noneMatch(dense::contains) && !dense.contains(block.name())) {
        places.add(k);
      } else if (first) {
        skipped.add(new Skipped(block.name(), "kept dense as asked"));
      }
    }
    double[] scores = scores(blocks);
    // What adds nothing goes first, whatever the method; and stable: the earlier block first.
    Set<Block> dead = Set.copyOf(blocks.dead());
    places.sort(
        Comparator.<Integer, Boolean>comparing(k -> !dead.contains(blocks.all().get(k)))
            .thenComparingDouble(k -> scores[k]));
    return new Order(
        blocks,
        places.stream().map(blocks.all()::get).toList(),
        places.stream().map(k -> scores[k]).toList());
  }

  private double[] scores(Blocks blocks) {
    Set<String> weights = Layers.of(blocks.model()).weights();
    try (Evidence seen = evidence.on(blocks.model(), weights)) {
      seen.gather(recipe.method().needs());
      double[] scores = recipe.method().score(blocks, seen, recipe.seed());
      for (int k = 0; k < scores.length; k++) {
        if (Double.isNaN(scores[k])) {
          throw new InvalidInputException(
              "block '%s' has a NaN score".formatted(blocks.all().get(k).name()));
        }
      }
      return scores;
    }
  }

  /** The labels of the nodes that the user wants to keep, by their own names or their weights'. */
  private Set<String> dense(Model model, boolean first) {
    var labels = new HashSet<String>();
    for (String name : recipe.dense()) {
      int before = labels.size();
      for (Node node : model.graph().nodes()) {
        if (node.label().equals(name) || node.inputs().contains(name)) {
          labels.add(node.label());
        }
      }
      if (first && labels.size() == before) {
        throw new InvalidInputException(
            "no weight or node is named '%s', which was to stay dense".formatted(name));
      }
    }
    return labels;
  }

  private BitSet removed(Order order, double progress) {
    int all = order.order().size();
    return switch (recipe.budget()) {
      case Budget.Blocks blocks -> counted(blocks, progress, all);
      case Budget.AccuracyLoss _ -> accurate(order, progress);
      default -> within(order, progress);
    };
  }

  private BitSet counted(Budget.Blocks blocks, double progress, int all) {
    int wanted = (int) Math.round(progress * blocks.of(found)) - gone.size();
    if (wanted > all) {
      target.note("%d blocks more were to go and %d did: no more may".formatted(wanted, all));
    }
    return first(Math.clamp(wanted, 0, all));
  }

  /** The first blocks whose absence makes the model cheap enough, less those it can do with. */
  private BitSet within(Order order, double progress) {
    double limit = target.limit(progress);
    ToDoubleFunction<BitSet> cost = removed -> target.actual(order.without(removed));
    int all = order.order().size();
    Bisection fit = Bisection.of(all, BlockPruning::first, cost, limit);
    if (fit == null) {
      throw target.unreachable(all, "blocks", cost.applyAsDouble(first(all)));
    }
    BitSet removed = fit.removed();
    for (int k = fit.steps() - 2; k >= 0 && !isLatency(); k--) {
      removed.clear(k);
      if (cost.applyAsDouble(removed) > limit) {
        removed.set(k);
      }
    }
    if (progress == 1 && !removed.isEmpty()) {
      target.note("blocks go whole: with any of the removed put back it would be exceeded");
    }
    return removed;
  }

  private boolean isLatency() {
    return recipe.budget() instanceof Budget.Cost(Budget.Unit unit, _, _)
        && unit == Budget.Unit.LATENCY;
  }

  /** As many of the first blocks as the accuracy allows. */
  private BitSet accurate(Order order, double progress) {
    double floor = target.limit(progress);
    int kept = 0;
    while (kept < order.order().size() && target.actual(order.without(first(kept + 1))) >= floor) {
      kept++;
    }
    return first(kept);
  }

  private static BitSet first(int count) {
    BitSet first = new BitSet();
    first.set(0, count);
    return first;
  }

  private BlockCertificate certificate(Model result) {
    return new BlockCertificate(
        recipe.method().about().name(),
        steps,
        recipe.seed(),
        recipe.budget().toString(),
        target.reached(result, gone.size(), found),
        target.note(),
        Count.of(original),
        Count.of(result),
        found,
        gone,
        List.copyOf(skipped));
  }
}
