package org.espalier.study.arena;

import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Executor;
import org.espalier.graph.Tensor;
import org.espalier.train.data.Batch;
import org.espalier.train.data.Dataset;

/**
 * Runs a classifier and keeps which class it gave to each example. A model of fixed batch is given
 * more than there are; what goes beyond is forgotten.
 */
final class Answers implements Executor {
  private final Executor executor;
  private final int[] classes;
  private int next;

  Answers(Executor executor, int examples) {
    this.executor = executor;
    this.classes = new int[examples];
  }

  /** The targets of all examples. */
  static int[] labels(Dataset data) {
    return IntStream.range(0, data.size())
        .map(k -> (int) Batch.of(data, new int[] {k}, 0).targets().integerAt(0))
        .toArray();
  }

  @Override
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    Map<String, Tensor> outputs = executor.run(inputs);
    Tensor output = outputs.values().iterator().next();
    int rows = (int) Math.min(output.dim(0), classes.length - next);
    if (output.type() == DataType.INT64) {
      for (int row = 0; row < rows; row++) {
        classes[next++] = (int) output.integerAt(row);
      }
    } else {
      float[] scores = output.floats();
      int width = (int) (output.size() / output.dim(0));
      for (int row = 0; row < rows; row++) {
        classes[next++] = highest(scores, row * width, width);
      }
    }
    return outputs;
  }

  private static int highest(float[] scores, int from, int width) {
    int best = 0;
    for (int c = 1; c < width; c++) {
      if (scores[from + c] > scores[from + best]) {
        best = c;
      }
    }
    return best;
  }

  /** The class of each example, in their order. */
  int[] classes() {
    return classes;
  }

  @Override
  public void close() {
    executor.close();
  }
}
