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
  /** The labels are no good: bad for those alone who look at them. */
  UNKNOWN_CLASS,
  NO_LABELS,
  NAN_TARGETS,
  NAN,
  INFINITE,
  WRONG_SHAPE;

  /** Whether a method is to cope with them; else it must say what is wrong. */
  public boolean isUsable(boolean labels) {
    return compareTo(labels ? UNKNOWN_CLASS : NAN) < 0;
  }

  /** What an error must say of these. */
  public String complaint() {
    return switch (this) {
      case WRONG_SHAPE -> "input '.*expected.*";
      case UNKNOWN_CLASS -> "targets from .* for a model of .* classes, expected 0 to .*";
      case NO_LABELS -> ".*targets, and these have none";
      default -> ".*(not finite|NaN|Infinity).*";
    };
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
    return Calibration.of("input", images, targets(count, classes, random), 3);
  }

  private Tensor targets(int count, int classes, SeededRandom random) {
    long[] labels = LongStream.range(0, count).map(k -> random.nextInt(classes)).toArray();
    return switch (this) {
      case NO_LABELS -> null;
      case NAN_TARGETS -> {
        Tensor numbers = random.gaussian(count, classes);
        numbers.setFloat(count, Float.NaN);
        yield numbers;
      }
      case UNKNOWN_CLASS -> {
        labels[count / 2] = classes;
        yield Tensor.of(labels, count);
      }
      default -> Tensor.of(labels, count);
    };
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
