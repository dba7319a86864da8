package org.espalier.study.measure;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.train.data.Batch;
import org.espalier.train.data.Dataset;

/**
 * Between which values the elements of an example lie: those of a channel together where examples
 * are [channels, height, width], each alone where they aren't. Of images, whatever their
 * normalisation, these are black and white, so that a share of the range is a share of 255.
 */
record ValueRange(float[] low, float[] high) {
  private static final int BATCH = 100;

  /** The range that these data show. */
  static ValueRange of(Dataset data, String measurement) {
    if (data.type() != DataType.FLOAT) {
      throw new InvalidInputException(
          "%s needs examples of real numbers, and these are %s"
              .formatted(measurement, data.type()));
    }
    long[] shape = data.exampleShape();
    int size = Math.toIntExact(Tensor.elements(shape));
    int plane = shape.length == 3 ? Math.toIntExact(shape[1] * shape[2]) : 1;
    float[] low = new float[size];
    float[] high = new float[size];
    Arrays.fill(low, Float.POSITIVE_INFINITY);
    Arrays.fill(high, Float.NEGATIVE_INFINITY);
    for (int from = 0; from < data.size(); from += BATCH) {
      int[] some = IntStream.range(from, Math.min(data.size(), from + BATCH)).toArray();
      float[] values = Batch.of(data, some, 0).inputs().floats();
      for (int k = 0; k < values.length; k++) {
        int first = k % size / plane * plane;
        low[first] = Math.min(low[first], values[k]);
        high[first] = Math.max(high[first], values[k]);
      }
    }
    for (int k = 0; k < size; k++) {
      low[k] = low[k / plane * plane];
      high[k] = high[k / plane * plane];
    }
    return new ValueRange(low, high);
  }

  /** How many elements an example has. */
  int size() {
    return low.length;
  }

  float width(int k) {
    return high[k] - low[k];
  }

  float clamped(int k, float value) {
    return Math.clamp(value, low[k], high[k]);
  }
}
