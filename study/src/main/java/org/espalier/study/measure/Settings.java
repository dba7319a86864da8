package org.espalier.study.measure;

import org.espalier.graph.InvalidInputException;
import org.espalier.study.report.Progress;

/**
 * How to measure.
 *
 * @param samples how many examples are drawn of each part of the data
 * @param batch how many at a time, where the network leaves it open
 * @param seed of all that is drawn
 * @param progress hears how far the work is
 */
public record Settings(int samples, int batch, long seed, Progress progress) {
  /** Five hundred examples, seed 0, in silence. */
  public static final Settings USUAL = new Settings(500, 50, 0, Progress.NONE);

  public Settings {
    if (samples < 1 || batch < 1) {
      throw new InvalidInputException(
          "%d samples in batches of %d, expected 1 or more of both".formatted(samples, batch));
    }
  }
}
