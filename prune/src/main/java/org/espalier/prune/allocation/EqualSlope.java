package org.espalier.prune.allocation;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.Allocation;
import org.espalier.prune.Counts;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Selection;
import org.espalier.prune.evidence.InputStatistics;
import org.espalier.prune.evidence.Need;

/**
 * Equal slopes (LPViT, Xu et al., 2024): each layer is pruned up to the point where removing more
 * costs the same everywhere. What it costs is an estimate of how far the outputs move, from the
 * gradient of their squares, less a reward for the work saved: power.
 *
 * @param power how much work counts against distortion; 1 where their steepest slopes are alike
 */
public record EqualSlope(double power) implements Allocation {
  /** In how many steps a layer is pruned on its curve. */
  private static final int STEPS = 100;

  /** Slopes are taken over so many steps to either side. */
  private static final int HALF_WIDTH = 4;

  /** How much of a smoothed curve is its past. */
  private static final double SMOOTHING = 0.5;

  /** The share of a layer's weights that stays at least. */
  private static final double LEAST = 0.05;

  /** What a change counts in directions that the gradient doesn't see. */
  private static final double RIDGE = 1e-7;

  private static final int BISECTIONS = 60;

  public EqualSlope {
    if (!(power >= 0)) {
      throw new InvalidInputException("power " + power + ", expected 0 or more");
    }
  }

  public EqualSlope() {
    this(1);
  }

  @Override
  public String name() {
    return "equal-slope";
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.OUTPUT_GRADIENTS, Need.INPUTS);
  }

  @Override
  public long[] counts(Demand demand) {
    int count = demand.layers().size();
    double[][] distortions = new double[count][];
    double[][] works = new double[count][];
    double steepest = 0;
    double steepestWork = 0;
    for (int k = 0; k < count; k++) {
      distortions[k] = distortions(demand, k);
      works[k] = works(demand, k);
      steepest += Arrays.stream(slopes(distortions[k])).max().orElse(0);
      steepestWork += works[k][0];
    }
    double beta = power * steepest / steepestWork;
    double[][] slopes = new double[count][];
    for (int k = 0; k < count; k++) {
      double[] curve = new double[STEPS + 1];
      for (int step = 0; step <= STEPS; step++) {
        curve[step] = distortions[k][step] + beta * works[k][step];
      }
      slopes[k] = slopes(smoothed(curve));
    }
    double[] amounts = amounts(demand, slopes);
    double[] densities = new double[count];
    Arrays.setAll(densities, k -> 1 - amounts[k]);
    return Counts.of(demand, densities);
  }

  /** The shares to prune at the slope where they make up the budget. */
  private static double[] amounts(Demand demand, double[][] slopes) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double[] layer : slopes) {
      low = Math.min(low, layer[0]);
      high = Math.max(high, layer[STEPS]);
    }
    for (int k = 0; k < BISECTIONS; k++) {
      double middle = (low + high) / 2;
      double gone = 0;
      for (int layer = 0; layer < slopes.length; layer++) {
        gone += amount(slopes[layer], middle) * demand.layers().get(layer).size();
      }
      if (gone < demand.prune()) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double slope = high;
    return Arrays.stream(slopes).mapToDouble(layer -> amount(layer, slope)).toArray();
  }

  /** The share that is pruned when more would cost more than the slope; slopes never fall. */
  static double amount(double[] slopes, double slope) {
    if (slope < slopes[0]) {
      return 0;
    }
    int step = 0;
    while (step < STEPS && slopes[step + 1] <= slope) {
      step++;
    }
    double part = 0;
    if (step < STEPS && slopes[step + 1] > slopes[step]) {
      part = (slope - slopes[step]) / (slopes[step + 1] - slopes[step]);
    }
    return Math.min(1 - LEAST, (step + part) / STEPS);
  }

  /** The slopes of a curve over [0, 1], made to rise: a later amount is never cheaper. */
  static double[] slopes(double[] curve) {
    double[] slopes = new double[curve.length];
    for (int step = 0; step < curve.length; step++) {
      int from = Math.max(0, step - HALF_WIDTH);
      int to = Math.min(curve.length - 1, step + HALF_WIDTH);
      double slope = (curve[to] - curve[from]) * STEPS / (to - from);
      slopes[step] = step == 0 ? slope : Math.max(slopes[step - 1], slope);
    }
    return slopes;
  }

  /** Each point with its past, which counts less and less; the beginning isn't pulled to zero. */
  private static double[] smoothed(double[] curve) {
    double[] smoothed = new double[curve.length];
    double sum = 0;
    double weight = 0;
    for (int step = 0; step < curve.length; step++) {
      sum = SMOOTHING * sum + (1 - SMOOTHING) * curve[step];
      weight = SMOOTHING * weight + (1 - SMOOTHING);
      smoothed[step] = sum / weight;
    }
    return smoothed;
  }

  /** How far the outputs move when these shares of a layer's lowest units go. */
  private static double[] distortions(Demand demand, int number) {
    Layer layer = demand.layers().get(number);
    Tensor gradient = demand.evidence().outputGradient(layer.weight());
    double[] distortions = new double[STEPS + 1];
    for (int step = 1; step <= STEPS; step++) {
      distortions[step] = distortion(layer, gradient, mask(demand, number, step));
    }
    return distortions;
  }

  private static Mask mask(Demand demand, int number, int step) {
    Layer layer = demand.layers().get(number);
    long gone = Math.min(layer.size() - 1L, Math.round((double) step / STEPS * layer.size()));
    return new Selection(demand.pattern(), UNIFORM)
        .masks(List.of(layer), List.of(demand.scores().get(number)), gone)
        .byWeight()
        .get(layer.weight());
  }

  /**
   * The mean of {@code (d g)^2} and half of {@code d (g g^T + c I) d}, of the change d that a mask
   * makes.
   */
  static double distortion(Layer layer, Tensor gradient, Mask mask) {
    double along = 0;
    double squares = 0;
    double length = 0;
    for (int k = 0; k < layer.size(); k++) {
      if (!mask.keeps(k)) {
        double change = -layer.tensor().realAt(k);
        double product = change * gradient.realAt(k);
        along += product;
        squares += product * product;
        length += change * change;
      }
    }
    return squares / layer.size() + (along * along + RIDGE * length) / 2;
  }

  /** The multiplications that are left for each example. */
  private static double[] works(Demand demand, int number) {
    Layer layer = demand.layers().get(number);
    InputStatistics inputs = demand.evidence().inputs(layer.weight());
    double all = (double) layer.size() * inputs.rows() / demand.evidence().samples();
    double[] works = new double[STEPS + 1];
    Arrays.setAll(works, step -> all * (STEPS - step) / STEPS);
    return works;
  }

  @Override
  public String toString() {
    return name();
  }
}
