package org.espalier.prune.method;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.espalier.prune.About;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Pattern;
import org.espalier.prune.Scores;
import org.espalier.prune.Solution;
import org.espalier.prune.SolvingMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.InputStatistics;
import org.espalier.prune.evidence.Need;

/**
 * Dynamic sparse no training (DSnoT, Zhang et al., 2024): from the mask of {@link Wanda}, pruned
 * and kept weights of a row change places until the mean of its output is what it was. No weight's
 * value changes. It rests on inputs whose means are far from zero. A swap that would overshoot
 * farther than the mean is off is not made, which the paper leaves open.
 */
public final class DynamicSparse implements SolvingMethod {
  private static final int CYCLES = 50;

  /** The paper's 0.1 for sums over 2048 tokens, for their mean. */
  private static final double TOLERANCE = 0.1 / 2048;

  @Override
  public About about() {
    return new About(
        "dsnot",
        "Dynamic sparse no training",
        "Takes Wanda's mask and swaps weights in each row until the layer's mean output is kept;"
            + " for language models at high sparsity, whose inputs have means far from zero.",
        "Zhang et al.",
        2024,
        "arXiv:2310.08915",
        "post-training",
        List.of("unstructured", "N:M"),
        List.of("inputs"));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.INPUTS);
  }

  @Override
  public Solution solve(Layer layer, Goal goal, Evidence evidence) {
    Scores scores = new Wanda().saliency().score(layer, evidence, goal.seed());
    Mask mask = goal.select(layer, scores);
    InputStatistics inputs = evidence.inputs(layer.weight());
    boolean[] kept = new boolean[layer.size()];
    for (int k = 0; k < kept.length; k++) {
      kept[k] = mask.keeps(k);
    }
    int group = goal.pattern() instanceof Pattern.OfEvery(_, int every) ? every : 0;
    IntStream.range(0, layer.rows())
        .parallel()
        .forEach(row -> new Row(layer, row, inputs, goal.standing(), kept, group).swap());
    return Solution.masked(layer, Mask.of(kept));
  }

  /** One row; {@code group} is 0 where any of its weights may change places. */
  private record Row(
      Layer layer,
      int row,
      InputStatistics inputs,
      Mask standing,
      boolean[] kept,
      int group,
      double[] parts) {
    Row(Layer layer, int row, InputStatistics inputs, Mask standing, boolean[] kept, int group) {
      this(layer, row, inputs, standing, kept, group, new double[layer.columns()]);
      int part = inputs.group(row, layer.rows());
      for (int column = 0; column < parts.length; column++) {
        parts[column] = layer.tensor().realAt(layer.index(row, column)) * inputs.mean(part, column);
      }
    }

    void swap() {
      BitSet gone = new BitSet();
      BitSet stays = new BitSet();
      double error = 0;
      for (int column = 0; column < parts.length; column++) {
        int index = layer.index(row, column);
        stays.set(column, kept[index]);
        gone.set(column, !kept[index] && standing.keeps(index));
        error += kept[index] ? 0 : parts[column];
      }
      for (int cycle = 0; cycle < CYCLES && Math.abs(error) > TOLERANCE; cycle++) {
        int grown = grown(gone, error);
        if (grown < 0 || parts[grown] * error <= 0) {
          return;
        }
        gone.clear(grown);
        int pruned = pruned(stays, grown, error);
        double next = pruned < 0 ? error : error + parts[pruned] - parts[grown];
        if (Math.abs(next) >= Math.abs(error)) {
          continue; // the next one to grow may help
        }
        stays.clear(pruned);
        kept[layer.index(row, grown)] = true;
        kept[layer.index(row, pruned)] = false;
        error = next;
      }
    }

    /** The pruned weight that brings most back of what is missing, for its variance. */
    private int grown(BitSet gone, double error) {
      int part = inputs.group(row, layer.rows());
      int best = -1;
      double most = 0;
      for (int c = gone.nextSetBit(0); c >= 0; c = gone.nextSetBit(c + 1)) {
        double variance = Math.max(Double.MIN_NORMAL, inputs.variance(part, c));
        double worth = Math.signum(error) * parts[c] / variance;
        if (best < 0 || worth > most) {
          best = c;
          most = worth;
        }
      }
      return best;
    }

    /** The kept weight of least magnitude times norm whose going also helps. */
    private int pruned(BitSet stays, int grown, double error) {
      int part = inputs.group(row, layer.rows());
      int first = group == 0 ? 0 : grown / group * group;
      int last = group == 0 ? parts.length : Math.min(parts.length, first + group);
      int best = -1;
      double least = 0;
      for (int c = stays.nextSetBit(first); c >= 0 && c < last; c = stays.nextSetBit(c + 1)) {
        double score = Math.abs(layer.tensor().realAt(layer.index(row, c))) * inputs.norm(part, c);
        boolean helps = group > 0 || parts[c] * error < 0;
        if (helps && (best < 0 || score < least)) {
          best = c;
          least = score;
        }
      }
      return best;
    }
  }
}
