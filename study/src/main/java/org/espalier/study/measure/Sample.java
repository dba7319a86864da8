package org.espalier.study.measure;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.evidence.Calibration;
import org.espalier.train.CalibrationData;
import org.espalier.train.data.Dataset;

/**
 * Some examples of a part of the data.
 *
 * @param data the examples
 * @param numbers of each within the part, ascending
 */
record Sample(Dataset data, int[] numbers) {
  /** So many examples, or all where there are fewer, drawn without replacement. */
  static Sample draw(Dataset part, int count, long seed) {
    int[] numbers = drawn(part.size(), Math.min(count, part.size()), new SplittableRandom(seed));
    Arrays.sort(numbers);
    return new Sample(part.subset(numbers), numbers);
  }

  /** So many of the numbers below {@code size}, in an order that chance decides. */
  static int[] drawn(int size, int count, SplittableRandom random) {
    int[] order = IntStream.range(0, size).toArray();
    for (int k = 0; k < count; k++) {
      int other = random.nextInt(k, size);
      int held = order[k];
      order[k] = order[other];
      order[other] = held;
    }
    return Arrays.copyOf(order, count);
  }

  /** All of it in order, as a model takes it; what fills no batch of a fixed size is left out. */
  Calibration calibration(Model model, int batch) {
    return CalibrationData.of(model, data, data.size(), batch, 0);
  }

  /** How many classes the targets tell apart, for a measurement that needs them. */
  int classes(String measurement) {
    if (data.classes() == 0) {
      throw new InvalidInputException(
          measurement + " needs targets that are classes, and these are real numbers");
    }
    return data.classes();
  }

  /** The same, where each example has one class. */
  int classOfEach(String measurement) {
    if (data.targetShape().length > 0) {
      throw new InvalidInputException(
          "%s needs one class for each example, and these have targets of shape %s"
              .formatted(measurement, Arrays.toString(data.targetShape())));
    }
    return classes(measurement);
  }
}
