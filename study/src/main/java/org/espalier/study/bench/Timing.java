package org.espalier.study.bench;

import java.util.Arrays;

/**
 * How long one run takes, over many: milliseconds.
 *
 * @param medianMs half of the runs took no longer; {@code p90Ms} 90% of them, and so on
 * @param spread the middle half of the runs from end to end, as a share of the median
 * @param itemsPerSecond examples that all callers together got done
 * @param runs how many were timed, after the warm-up
 */
public record Timing(
    double medianMs,
    double p90Ms,
    double p95Ms,
    double p99Ms,
    double meanMs,
    double minMs,
    double maxMs,
    double spread,
    double itemsPerSecond,
    int runs) {

  /** From nanoseconds a run, one at least, and examples a second. */
  static Timing of(long[] nanos, double itemsPerSecond) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    double median = percentile(sorted, 0.5);
    return new Timing(
        median / 1e6,
        percentile(sorted, 0.9) / 1e6,
        percentile(sorted, 0.95) / 1e6,
        percentile(sorted, 0.99) / 1e6,
        Arrays.stream(sorted).average().orElseThrow() / 1e6,
        sorted[0] / 1e6,
        sorted[sorted.length - 1] / 1e6,
        (percentile(sorted, 0.75) - percentile(sorted, 0.25)) / median,
        itemsPerSecond,
        sorted.length);
  }

  /** The nearest rank: the smallest value with this share of all at or below it. */
  static double percentile(long[] sorted, double share) {
    return sorted[(int) Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }
}
