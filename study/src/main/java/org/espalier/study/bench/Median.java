package org.espalier.study.bench;

import java.util.Arrays;

/** The middle of some numbers, and how far they lie apart. */
public record Median(double median, double least, double most) {
  /** Of one number at least; of an even count, the mean of the two in the middle. */
  public static Median of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    double middle = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    return new Median(middle, sorted[0], sorted[sorted.length - 1]);
  }
}
