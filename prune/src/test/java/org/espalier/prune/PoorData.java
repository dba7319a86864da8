package org.espalier.prune;

import java.util.stream.LongStream;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.evidence.Calibration;

/** Calibration data as nobody would choose them. */
public enum PoorData {
  ONE_SAMPLE,
  FEWER_ROWS_THAN_COLUMNS,
  ALL_ZERO,
  ALL_EQUAL,
  DEAD_CHANNEL,
  NAN,
  INFINITE,
  WRONG_SHAPE;

  /** Whether a method is to cope with them; else it must say what is wrong. */
  public boolean isUsable() {
    return compareTo(NAN) < 0;
  }

  /** What an error must say of these. */
  public String complaint() {
    return this == WRONG_SHAPE ? "input '.*expected.*" : ".*(not finite|NaN|Infinity).*";
  }

  /**
   * A few images [N, 3, size, size] for a model's input.
   *
   * @param classes that their labels are drawn from
   */
  public Calibration images(int size, int classes) {
    var random = SeededRandom.of(12);
    int count = this == ONE_SAMPLE ? 1 : 5;
    int channels = this == WRONG_SHAPE ? 4 : 3;
    Tensor images = random.gaussian(count, channels, size, size);
    for (long k = 0; k < images.size(); k++) {
      boolean second = k / ((long) size * size) % channels == 1;
      if (this == ALL_ZERO || (this == DEAD_CHANNEL && second)) {
        images.setFloat(k, 0);
      } else if (this == ALL_EQUAL) {
        images.setFloat(k, 0.7f);
      }
    }
    if (this == NAN || this == INFINITE) {
      images.setFloat(images.size() / 2, this == NAN ? Float.NaN : Float.POSITIVE_INFINITY);
    }
    long[] labels = LongStream.range(0, count).map(k -> random.nextInt(classes)).toArray();
    return Calibration.of("input", images, Tensor.of(labels, count), 3);
  }

  /** Whether all weights of a model are finite. */
  public static boolean isFinite(Model model) {
    return Constants.of(model.graph()).values().stream()
        .filter(tensor -> tensor.type().isFloat())
        .allMatch(
            tensor ->
                LongStream.range(0, tensor.size())
                    .allMatch(k -> Double.isFinite(tensor.realAt(k))));
  }
}
