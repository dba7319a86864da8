package org.espalier.study;

import java.util.Arrays;

/**
 * How long one run takes, over many: milliseconds.
 *
 * @param runs how many were timed, after the warm-up
 */
public record Timing(double medianMs, double p95Ms, double minMs, int runs) {
  /** From nanoseconds a run; at least one. */
  static Timing of(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return new Timing(
        percentile(sorted, 0.5) / 1e6,
        percentile(sorted, 0.95) / 1e6,
        sorted[0] / 1e6,
        sorted.length);
  }

  /** The nearest rank: the smallest value with this share of all at or below it. */
  private static double percentile(long[] sorted, double share) {
    return sorted[(int) Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }
}
