package org.espalier.graph.eval;

import java.util.List;
import java.util.Map;
import org.espalier.graph.Tensor;

/** Softmax, its logarithm, and division by a norm: each row is scaled as a whole. */
final class Softmaxes {
  private Softmaxes() {}

  /** A row of numbers, changed in place. */
  @FunctionalInterface
  private interface Scale {
    void apply(double[] row);
  }

  static void register(Map<String, Rule> rules) {
    rules.put("Softmax", call -> scale(call, Softmaxes::softmax));
    rules.put("LogSoftmax", call -> scale(call, Softmaxes::logSoftmax));
    rules.put("LpNormalization", Softmaxes::lpNormalization);
  }

  private static List<Tensor> scale(Call call, Scale scale) {
    Tensor x = Unary.floats(call, 0);
    int axis = call.axis("axis", -1, x.rank());
    double[] row = new double[Math.toIntExact(x.dim(axis))];
    return List.of(
        AlongAxis.map(
            x,
            axis,
            (rows, from, y) -> {
              Lanes.read(rows, from, 1, row, row.length);
              scale.apply(row);
              Lanes.write(y, from, row, row.length);
            }));
  }

  static void softmax(double[] row) {
    double max = max(row);
    double sum = 0;
    for (int k = 0; k < row.length; k++) {
      row[k] = Math.exp(row[k] - max);
      sum += row[k];
    }
    for (int k = 0; k < row.length; k++) {
      row[k] /= sum;
    }
  }

  private static void logSoftmax(double[] row) {
    double max = max(row);
    double sum = 0;
    for (double value : row) {
      sum += Math.exp(value - max);
    }
    double shift = max + Math.log(sum);
    for (int k = 0; k < row.length; k++) {
      row[k] -= shift;
    }
  }

  private static double max(double[] row) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : row) {
      max = Math.max(max, value);
    }
    return max;
  }

  private static List<Tensor> lpNormalization(Call call) {
    long p = call.node().integer("p", 2);
    if (p != 1 && p != 2) {
      throw call.invalid("p is %d, expected 1 or 2".formatted(p));
    }
    return scale(
        call,
        row -> {
          double norm = 0;
          for (double value : row) {
            norm += p == 1 ? Math.abs(value) : value * value;
          }
          norm = p == 1 ? norm : Math.sqrt(norm);
          for (int k = 0; k < row.length; k++) {
            row[k] = norm == 0 ? 0 : row[k] / norm;
          }
        });
  }
}
