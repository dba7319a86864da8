package org.espalier.prune.method;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
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
 * value changes. It rests on inputs whose means are far from zero.
 *
 * <p>The paper leaves open which swaps to refuse. Here none is made that would overshoot farther
 * than the mean is off, nor one that costs more in variance, inputs taken as uncorrelated, than it
 * brings in the mean. And the paper's 50 cycles, for rows of 4,096 weights and more, are fewer in
 * shorter rows, which would otherwise lose Wanda's mask altogether.
 */
public final class DynamicSparse implements SolvingMethod {
  /** The paper's 50 cycles, of the shortest rows that it has. */
  private static final double CYCLES = 50.0 / 4096;

  /** The paper's 0.1 for sums over 2048 tokens, for their mean. */
  private static final double TOLERANCE = 0.1 / 2048;

  private final double cycles;

  public DynamicSparse() {
    this(CYCLES);
  }

  /**
   * @param cycles how often two weights of a row may change places at most, as a share of the row
   */
  public DynamicSparse(double cycles) {
    if (!(cycles >= 0)) {
      throw new InvalidInputException("cycles for " + cycles + " of a row, expected 0 or more");
    }
    this.cycles = cycles;
  }

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
  public boolean inSequence() {
    return false;
  }

  @Override
  public Solution solve(Layer layer, Goal goal, Evidence evidence) {
    Scores scores = new Wanda().saliency().score(layer, evidence, goal.seed());
    Mask mask = goal.select(layer, scores);
    InputStatistics inputs = evidence.inputs(layer.weight());
    boolean[] kept = mask.toArray();
    int group = goal.pattern() instanceof Pattern.OfEvery(_, int every) ? every : 0;
    IntStream.range(0, layer.rows())
        .parallel()
        .forEach(
            row ->
                new Row(layer, row, inputs, goal.standing(), kept, group)
                    .swap((int) Math.ceil(cycles * layer.columns())));
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

    void swap(int cycles) {
      BitSet gone = new BitSet();
      BitSet stays = new BitSet();
      double error = 0;
      for (int column = 0; column < parts.length; column++) {
        int index = layer.index(row, column);
        stays.set(column, kept[index]);
        gone.set(column, !kept[index] && standing.keeps(index));
        error += kept[index] ? 0 : parts[column];
      }
      for (int cycle = 0; cycle < cycles && Math.abs(error) > TOLERANCE; cycle++) {
        int grown = grown(gone, error);
        if (grown < 0 || parts[grown] * error <= 0) {
          return;
        }
        gone.clear(grown);
        int pruned = pruned(stays, grown, error);
        double next = pruned < 0 ? error : error + parts[pruned] - parts[grown];
        if (pruned < 0
            || Math.abs(next) >= Math.abs(error)
            || next * next + spread(pruned) >= error * error + spread(grown)) {
          continue; // the next one to grow may help
        }
        stays.clear(pruned);
        kept[layer.index(row, grown)] = true;
        kept[layer.index(row, pruned)] = false;
        error = next;
      }
    }

    /** What the variance of the output changes by without this weight. */
    private double spread(int column) {
      double weight = layer.tensor().realAt(layer.index(row, column));
      return weight * weight * inputs.variance(inputs.group(row, layer.rows()), column);
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
