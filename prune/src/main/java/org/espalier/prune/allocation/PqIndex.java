package org.espalier.prune.allocation;

import java.util.Arrays;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.Allocation;
import org.espalier.prune.Counts;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;

/**
 * Sparsity-informed adaptive pruning (Diao et al., 2023): a layer keeps the more weights, the less
 * unequal they are. Of d weights with index I the bound is {@code d (1 + eta)^(-q/(q-p)) (1 -
 * I)^(pq/(q-p))}; eta, the same for all layers, is what meets the budget.
 */
public final class PqIndex implements Allocation {
  private static final double P = 0.5;
  private static final double Q = 1;

  @Override
  public String name() {
    return "pq";
  }

  @Override
  public boolean ranks() {
    return false;
  }

  @Override
  public long[] counts(Demand demand) {
    int count = demand.layers().size();
    double[] bounds = new double[count];
    double[] most = new double[count];
    for (int k = 0; k < count; k++) {
      Layer layer = demand.layers().get(k);
      most[k] = (double) demand.standing(k).kept() / layer.size();
      bounds[k] = retained(layer.tensor(), P, Q, demand.standing(k).kept()) / layer.size();
    }
    return Counts.of(demand, scaled(demand, bounds, most));
  }

  /** The bounds times one factor, none above what there is, so that the budget is met. */
  private static double[] scaled(Demand demand, double[] bounds, double[] most) {
    double low = 0;
    double high = 1;
    long keep = demand.size() - demand.prune();
    while (kept(demand, bounds, most, high) < keep && high < 1e12) {
      high *= 2;
    }
    for (int step = 0; step < 60; step++) {
      double middle = (low + high) / 2;
      if (kept(demand, bounds, most, middle) < keep) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double factor = high;
    double[] densities = new double[bounds.length];
    Arrays.setAll(densities, k -> Math.min(most[k], factor * bounds[k]));
    return densities;
  }

  private static double kept(Demand demand, double[] bounds, double[] most, double factor) {
    double kept = 0;
    for (int k = 0; k < bounds.length; k++) {
      kept += Math.min(most[k], factor * bounds[k]) * demand.layers().get(k).size();
    }
    return kept;
  }

  /**
   * The PQ index of what isn't zero: {@code 1 - d^(1/q - 1/p) |w|_p / |w|_q}, 0 where all
   * magnitudes are equal.
   *
   * @param p above 0 and less than {@code q}
   */
  public static double of(Tensor weights, double p, double q) {
    return of(weights, p, q, weights.nonzeros());
  }

  /** The index of the {@code count} largest weights, which zeros may be among. */
  static double of(Tensor weights, double p, double q, long count) {
    if (!(p > 0 && p < q)) {
      throw new InvalidInputException("p=%s, q=%s; expected 0 < p < q".formatted(p, q));
    }
    double ofP = 0;
    double ofQ = 0;
    for (long k = 0; k < weights.size(); k++) {
      double magnitude = Math.abs(weights.realAt(k));
      ofP += Math.pow(magnitude, p);
      ofQ += Math.pow(magnitude, q);
    }
    return ofQ == 0
        ? 0
        : 1 - Math.pow((double) count, 1 / q - 1 / p) * Math.pow(ofP, 1 / p) / Math.pow(ofQ, 1 / q);
  }

  /** How many of the {@code count} largest weights the index asks to keep at eta = 0. */
  public static double retained(Tensor weights, double p, double q, long count) {
    return count * Math.pow(1 - of(weights, p, q, count), p * q / (q - p));
  }

  @Override
  public String toString() {
    return name();
  }
}
