package org.espalier.prune.method;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * One row of a layer whose pruned and kept weights change places. With d holding the weights that
 * are gone, G the Gram matrix of the inputs and m their means, the row's squared error is {@code
 * d^T G d} and the error of its mean {@code d m}; q is G d.
 */
final class RowSwaps {
  /** How many of the weights that would help most, if they came back, are looked at. */
  private static final int GROWN = 8;

  /** The least share of the error that a swap must take away. */
  private static final double LEAST = 1e-9;

  private final double[] weights;
  private final double[] q;
  private final double[] parts;
  private final MemorySegment gram;
  private final boolean[] stays;
  private final boolean[] gone;
  private final int group;
  private double error;
  private double mean;

  /**
   * A row as it is.
   *
   * @param parts each weight's share of the row's mean output; null where means don't matter
   * @param gram DOUBLE [columns, columns]
   * @param stays which weights are kept; changed as they change places
   * @param gone which are pruned and may come back
   * @param group how many consecutive weights change places with each other alone; 0 for all
   */
  RowSwaps(
      double[] weights,
      double[] q,
      double[] parts,
      MemorySegment gram,
      boolean[] stays,
      boolean[] gone,
      int group) {
    this.weights = weights;
    this.q = q;
    this.parts = parts;
    this.gram = gram;
    this.stays = stays;
    this.gone = gone;
    this.group = group;
    for (int k = 0; k < weights.length; k++) {
      if (gone[k]) {
        error += weights[k] * q[k];
        mean += parts == null ? 0 : parts[k];
      }
    }
  }

  /**
   * Swaps as long as that lowers the squared error and, where means matter, that of the mean.
   *
   * @param tolerance how far off the mean may be
   */
  void swap(double tolerance) {
    // Each swap lowers the error, so that none comes twice; the bound is for rounding's sake.
    for (int swaps = 0; swaps < weights.length && open(tolerance); swaps++) {
      int grown = -1;
      int pruned = -1;
      double least = -LEAST * error;
      for (int candidate : candidates()) {
        int other = partner(candidate);
        double change = other < 0 ? 0 : growth(candidate) + loss(other, candidate);
        if (change < least) {
          least = change;
          grown = candidate;
          pruned = other;
        }
      }
      if (grown < 0) {
        return;
      }
      move(grown, pruned, least);
    }
  }

  /** The squared error d^T G d of the row as it is now. */
  double error() {
    return error;
  }

  /** How far the mean of the row's output is off. */
  double mean() {
    return mean;
  }

  private boolean open(double tolerance) {
    return parts == null || Math.abs(mean) > tolerance;
  }

  private void move(int grown, int pruned, double change) {
    gone[grown] = false;
    stays[grown] = true;
    gone[pruned] = true;
    stays[pruned] = false;
    for (int k = 0; k < q.length; k++) {
      q[k] += weights[pruned] * gram(pruned, k) - weights[grown] * gram(grown, k);
    }
    error += change;
    mean += parts == null ? 0 : parts[pruned] - parts[grown];
  }

  /** The weights whose return alone would change the error for the best, at most so many. */
  private int[] candidates() {
    int[] best = new int[GROWN];
    double[] gains = new double[GROWN];
    int found = 0;
    for (int k = 0; k < weights.length; k++) {
      if (!gone[k]) {
        continue;
      }
      double gain = growth(k);
      if (found < GROWN || gain < gains[GROWN - 1]) {
        int place = Math.min(found, GROWN - 1);
        for (; place > 0 && gains[place - 1] > gain; place--) {
          gains[place] = gains[place - 1];
          best[place] = best[place - 1];
        }
        gains[place] = gain;
        best[place] = k;
        found = Math.min(GROWN, found + 1);
      }
    }
    return Arrays.copyOf(best, found);
  }

  /** The kept weight that may go for this one and costs least then; -1 where none may. */
  private int partner(int grown) {
    int first = group == 0 ? 0 : grown / group * group;
    int last = group == 0 ? weights.length : Math.min(weights.length, first + group);
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int k = first; k < last; k++) {
      if (stays[k]
          && (parts == null || Math.abs(mean + parts[k] - parts[grown]) < Math.abs(mean))) {
        double loss = loss(k, grown);
        if (loss < least) {
          best = k;
          least = loss;
        }
      }
    }
    return best;
  }

  /** What the error changes by as a weight comes back. */
  private double growth(int k) {
    return weights[k] * (weights[k] * gram(k, k) - 2 * q[k]);
  }

  /** What it changes by as a weight goes once another is back. */
  private double loss(int k, int grown) {
    return weights[k] * (weights[k] * gram(k, k) + 2 * (q[k] - weights[grown] * gram(grown, k)));
  }

  private double gram(int row, int column) {
    return gram.getAtIndex(ValueLayout.JAVA_DOUBLE, (long) row * weights.length + column);
  }
}
