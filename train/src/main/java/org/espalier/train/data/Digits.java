package org.espalier.train.data;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Handwritten-looking digits that are drawn, not collected: 28x28 grey pixels, ten classes.
 *
 * <p>A digit is a few control points for each way to write it. They are moved by chance, joined by
 * a Catmull-Rom curve, put through a random affine map and a smooth elastic distortion, drawn with
 * a pen of random width, and speckled. Everything is plain arithmetic and {@link StrictMath} on a
 * generator that depends on seed and position alone, so the same seed draws the same pixels on
 * every machine, whatever the number of threads.
 */
final class Digits {
  static final int SIDE = 28;

  /** How far chance may go; large enough that no linear model gets through. */
  private static final double JITTER = 0.045;

  private static final double TURN = 0.35;
  private static final double SHEAR = 0.35;
  private static final double SHIFT = 3.5;
  private static final double ELASTIC = 0.065;
  private static final int NOISE = 26;

  private static final int SMOOTHNESS = 6;

  /**
   * Ways to write each digit: strokes of x, y pairs in a unit box, y down. A point given twice is a
   * corner.
   */
  private static final double[][][][] WAYS = {
    {
      {
        {.5, .04, .25, .16, .14, .5, .25, .84, .5, .96, .75, .84, .86, .5, .75, .16, .5, .04},
      },
      {
        {.62, .04, .3, .15, .2, .5, .3, .88, .5, .96, .72, .82, .8, .5, .72, .2, .5, .06, .4, .1},
      },
    },
    {
      {{.5, .04, .5, .04, .5, .96}},
      {{.28, .26, .54, .04, .54, .04, .52, .96}},
      {{.3, .24, .52, .04, .52, .04, .52, .95}, {.28, .95, .76, .95}},
    },
    {
      {{.18, .28, .3, .1, .52, .04, .76, .16, .76, .38, .5, .66, .18, .95, .18, .95, .84, .93}},
      {
        {
          .2, .22, .45, .05, .74, .2, .7, .45, .42, .82, .22, .92, .2, .78, .36, .76, .58, .93, .84,
          .88
        },
      },
    },
    {
      {
        {
          .2, .14, .5, .04, .76, .2, .68, .4, .42, .48, .42, .48, .72, .56, .8, .76, .52, .96, .18,
          .84
        },
      },
      {{.2, .06, .78, .06, .78, .06, .46, .42, .46, .42, .76, .54, .78, .8, .5, .96, .18, .86}},
    },
    {
      {{.62, .04, .14, .64, .14, .64, .88, .64}, {.64, .36, .62, .96}},
      {{.22, .06, .18, .52, .18, .52, .8, .5}, {.76, .06, .7, .96}},
      {{.64, .96, .64, .04, .64, .04, .14, .66, .14, .66, .86, .66}},
    },
    {
      {
        {
          .78, .05, .28, .05, .28, .05, .24, .44, .24, .44, .52, .36, .78, .52, .78, .8, .5, .96,
          .18, .86
        },
      },
      {{.3, .06, .26, .44, .26, .44, .6, .4, .78, .64, .6, .92, .2, .92}, {.3, .06, .8, .05}},
    },
    {
      {{.7, .05, .4, .24, .2, .58, .26, .86, .5, .96, .76, .84, .76, .6, .52, .48, .24, .64}},
      {{.56, .04, .28, .4, .2, .74, .4, .95, .7, .9, .74, .66, .5, .58, .26, .74}},
    },
    {
      {{.14, .07, .84, .06, .84, .06, .56, .46, .42, .96}},
      {{.16, .14, .18, .07, .82, .06, .82, .06, .54, .5, .44, .96}, {.32, .5, .74, .48}},
    },
    {
      {
        {
          .5, .48, .26, .36, .26, .14, .5, .04, .74, .14, .74, .36, .5, .48, .22, .64, .2, .86, .5,
          .96, .8, .86, .78, .64, .5, .48
        },
      },
      {
        {
          .74, .16, .5, .04, .28, .18, .4, .42, .7, .62, .74, .86, .5, .96, .26, .84, .34, .6, .66,
          .4, .74, .16
        },
      },
    },
    {
      {{.76, .32, .52, .5, .26, .38, .28, .14, .54, .04, .76, .2, .76, .36, .72, .66, .56, .96}},
      {{.74, .1, .44, .06, .24, .26, .38, .46, .62, .4, .76, .1, .76, .1, .72, .5, .7, .96}},
    },
  };

  private Digits() {}

  /** Training and test digits; the two have nothing in common but the hand. */
  static Splits splits(int train, int test, long seed) {
    return Splits.of(
        Datasets.EMBEDDED, draw(train, Seeds.mix(seed, 1)), draw(test, Seeds.mix(seed, 2)));
  }

  /** {@code count} digits, as many of each class as the count allows, in mixed order. */
  static ImageDataset draw(int count, long seed) {
    int[] order = Splits.shuffled(count, seed);
    int[] labels = IntStream.of(order).map(k -> k % 10).toArray();
    byte[][] images =
        IntStream.range(0, count)
            .parallel()
            .mapToObj(k -> drawn(labels[k], new SplittableRandom(Seeds.mix(seed, k))))
            .toArray(byte[][]::new);
    List<String> names = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
    return ImageDataset.of(images, labels, 1, SIDE, SIDE, names);
  }

  private static byte[] drawn(int digit, SplittableRandom random) {
    double[][][] ways = WAYS[digit];
    var hand = new Hand(random);
    double radius = between(random, 0.65, 1.7);
    double ink = between(random, 150, 255);
    float[] light = new float[SIDE * SIDE];
    for (double[] stroke : ways[random.nextInt(ways.length)]) {
      draw(hand.points(stroke), radius, light);
    }
    byte[] pixels = new byte[SIDE * SIDE];
    for (int k = 0; k < pixels.length; k++) {
      int bits = random.nextInt();
      // Two uniform bytes make triangular noise, which is near enough to normal.
      double noise = ((bits & 0xff) + (bits >>> 8 & 0xff) - 255) * (NOISE / 104.0);
      pixels[k] = (byte) Math.clamp(Math.round(light[k] * ink + noise), 0, 255);
    }
    return pixels;
  }

  private static double between(SplittableRandom random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  /** One writer's chance distortions, the same for all strokes of a digit. */
  private static final class Hand {
    private final SplittableRandom random;
    private final double[] map = new double[6];
    private final double[][] waves = new double[4][4];

    Hand(SplittableRandom random) {
      this.random = random;
      double turn = symmetric(TURN);
      double shear = symmetric(SHEAR);
      double wide = between(random, 11, 19);
      double high = between(random, 16, 22);
      double cos = StrictMath.cos(turn);
      double sin = StrictMath.sin(turn);
      map[0] = cos * wide;
      map[1] = (cos * shear - sin) * high;
      map[2] = SIDE / 2.0 + symmetric(SHIFT);
      map[3] = sin * wide;
      map[4] = (sin * shear + cos) * high;
      map[5] = SIDE / 2.0 + symmetric(SHIFT);
      for (double[] wave : waves) {
        wave[0] = symmetric(ELASTIC);
        wave[1] = symmetric(7);
        wave[2] = symmetric(7);
        wave[3] = symmetric(Math.PI);
      }
    }

    /** Between minus and plus {@code limit}, the middle more often. */
    private double symmetric(double limit) {
      return (random.nextDouble() + random.nextDouble() - 1) * limit;
    }

    /** The stroke as a fine polyline in pixels, x and y by turns. */
    double[] points(double[] stroke) {
      int knots = stroke.length / 2;
      double[] moved = new double[stroke.length];
      for (int k = 0; k < knots; k++) {
        boolean corner =
            k > 0 && stroke[2 * k] == stroke[2 * k - 2] && stroke[2 * k + 1] == stroke[2 * k - 1];
        moved[2 * k] = corner ? moved[2 * k - 2] : stroke[2 * k] + symmetric(2 * JITTER);
        moved[2 * k + 1] = corner ? moved[2 * k - 1] : stroke[2 * k + 1] + symmetric(2 * JITTER);
      }
      double[] fine = new double[2 * ((knots - 1) * SMOOTHNESS + 1)];
      for (int k = 0; k < fine.length / 2; k++) {
        int knot = Math.min(k / SMOOTHNESS, knots - 2);
        double t = (double) (k - knot * SMOOTHNESS) / SMOOTHNESS;
        double x = curve(moved, knot, 0, t) - 0.5;
        double y = curve(moved, knot, 1, t) - 0.5;
        double dx = wave(0, x, y) + wave(1, x, y);
        double dy = wave(2, x, y) + wave(3, x, y);
        fine[2 * k] = map[0] * (x + dx) + map[1] * (y + dy) + map[2];
        fine[2 * k + 1] = map[3] * (x + dx) + map[4] * (y + dy) + map[5];
      }
      return fine;
    }

    private double wave(int which, double x, double y) {
      double[] wave = waves[which];
      return wave[0] * StrictMath.sin(wave[1] * x + wave[2] * y + wave[3]);
    }

    private static double curve(double[] points, int knot, int axis, double t) {
      int last = points.length / 2 - 1;
      double a = points[2 * Math.max(knot - 1, 0) + axis];
      double b = points[2 * knot + axis];
      double c = points[2 * (knot + 1) + axis];
      double d = points[2 * Math.min(knot + 2, last) + axis];
      return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    }
  }

  /** Lights each pixel by its distance from the line, with an edge one pixel soft. */
  private static void draw(double[] line, double radius, float[] light) {
    for (int k = 0; k + 3 < line.length; k += 2) {
      double x0 = line[k];
      double y0 = line[k + 1];
      double dx = line[k + 2] - x0;
      double dy = line[k + 3] - y0;
      double length = Math.max(dx * dx + dy * dy, 1e-9);
      double reach = radius + 0.5;
      int left = (int) Math.max(0, Math.floor(Math.min(x0, x0 + dx) - reach));
      int right = (int) Math.min(SIDE - 1, Math.ceil(Math.max(x0, x0 + dx) + reach));
      int top = (int) Math.max(0, Math.floor(Math.min(y0, y0 + dy) - reach));
      int bottom = (int) Math.min(SIDE - 1, Math.ceil(Math.max(y0, y0 + dy) + reach));
      for (int y = top; y <= bottom; y++) {
        for (int x = left; x <= right; x++) {
          double along = Math.clamp(((x - x0) * dx + (y - y0) * dy) / length, 0, 1);
          double offX = x - x0 - along * dx;
          double offY = y - y0 - along * dy;
          double lit = reach - Math.sqrt(offX * offX + offY * offY);
          int at = y * SIDE + x;
          light[at] = Math.max(light[at], (float) Math.clamp(lit, 0, 1));
        }
      }
    }
  }
}
