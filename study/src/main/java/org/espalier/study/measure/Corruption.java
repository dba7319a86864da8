package org.espalier.study.measure;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.espalier.train.data.Seeds;

/**
 * Ways to spoil an example, at severities from 1 to 5 as in CIFAR-10-C (Hendrycks and Dietterich,
 * 2019). Values stay in the range of the data.
 */
enum Corruption {
  /** Gaussian noise; the deviation is a share of the range. */
  NOISE {
    @Override
    double strength(int severity) {
      return List.of(0.04, 0.06, 0.08, 0.09, 0.10).get(severity - 1);
    }

    @Override
    void apply(float[] example, long[] shape, ValueRange range, double strength, long seed) {
      var random = new SplittableRandom(Seeds.mix(seed, 1));
      for (int k = 0; k < example.length; k++) {
        example[k] += (float) (random.nextGaussian() * strength * range.width(k));
      }
    }
  },

  /** A Gaussian blur of this deviation in pixels; the border is repeated. */
  BLUR {
    @Override
    double strength(int severity) {
      return List.of(0.4, 0.6, 0.7, 0.8, 1.0).get(severity - 1);
    }

    @Override
    void apply(float[] example, long[] shape, ValueRange range, double strength, long seed) {
      int height = (int) shape[1];
      int width = (int) shape[2];
      double[] kernel = kernel(strength);
      for (int from = 0; from < example.length; from += height * width) {
        blur(example, from, height, width, width, 1, kernel);
        blur(example, from, width, height, 1, width, kernel);
      }
    }
  },

  /** Differences from an image's mean, channel by channel, shrink to this share. */
  CONTRAST {
    @Override
    double strength(int severity) {
      return List.of(0.75, 0.5, 0.4, 0.3, 0.15).get(severity - 1);
    }

    @Override
    void apply(float[] example, long[] shape, ValueRange range, double strength, long seed) {
      int plane = (int) (shape[1] * shape[2]);
      for (int from = 0; from < example.length; from += plane) {
        double mean = 0;
        for (int k = from; k < from + plane; k++) {
          mean += example[k] / plane;
        }
        for (int k = from; k < from + plane; k++) {
          example[k] = (float) (mean + strength * (example[k] - mean));
        }
      }
    }
  };

  static final int SEVERITIES = 5;

  /** Whether it needs examples to be [channels, height, width]. */
  boolean needsImages() {
    return this != NOISE;
  }

  abstract double strength(int severity);

  abstract void apply(float[] example, long[] shape, ValueRange range, double strength, long seed);

  /** Spoils an example in place, by chance that follows from the seed. */
  void apply(float[] example, long[] shape, ValueRange range, int severity, long seed) {
    apply(example, shape, range, strength(severity), seed);
    for (int k = 0; k < example.length; k++) {
      example[k] = range.clamped(k, example[k]);
    }
  }

  private static double[] kernel(double deviation) {
    int reach = (int) Math.ceil(4 * deviation);
    double[] kernel = new double[2 * reach + 1];
    for (int k = 0; k < kernel.length; k++) {
      double off = (k - reach) / deviation;
      kernel[k] = Math.exp(-off * off / 2);
    }
    double sum = Arrays.stream(kernel).sum();
    return Arrays.stream(kernel).map(weight -> weight / sum).toArray();
  }

  /** Blurs {@code lines} lines of {@code length} pixels. */
  private static void blur(
      float[] image, int from, int lines, int length, int line, int pixel, double[] kernel) {
    int reach = kernel.length / 2;
    float[] before = new float[length];
    for (int at = 0; at < lines; at++) {
      for (int k = 0; k < length; k++) {
        before[k] = image[from + at * line + k * pixel];
      }
      for (int k = 0; k < length; k++) {
        double sum = 0;
        for (int tap = 0; tap < kernel.length; tap++) {
          sum += kernel[tap] * before[Math.clamp(k + tap - reach, 0, length - 1)];
        }
        image[from + at * line + k * pixel] = (float) sum;
      }
    }
  }
}
