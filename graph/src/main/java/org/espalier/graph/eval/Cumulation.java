package org.espalier.graph.eval;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import org.espalier.graph.Tensor;

/** Sums and products that grow along an axis. */
final class Cumulation {
  private Cumulation() {}

  static void register(Map<String, Rule> rules) {
    rules.put("CumSum", rule(0, Double::sum, Long::sum));
    rules.put("CumProd", rule(1, (a, b) -> a * b, (a, b) -> a * b));
  }

  private static Rule rule(int start, DoubleBinaryOperator reals, LongBinaryOperator integers) {
    return call -> {
      Tensor x = call.input(0);
      int axis = call.axis(call.integer(1), x.rank());
      int n = Math.toIntExact(x.dim(axis));
      boolean exclusive = call.node().integer("exclusive", 0) != 0;
      boolean reverse = call.node().integer("reverse", 0) != 0;
      if (x.type().isFloat()) {
        double[] row = new double[n];
        return List.of(
            AlongAxis.map(
                x,
                axis,
                (rows, from, y) -> {
                  Lanes.read(rows, from, 1, row, n);
                  double value = start;
                  for (int k = 0; k < n; k++) {
                    int at = reverse ? n - 1 - k : k;
                    double next = reals.applyAsDouble(value, row[at]);
                    row[at] = exclusive ? value : next;
                    value = next;
                  }
                  Lanes.write(y, from, row, n);
                }));
      }
      if (!x.type().isInteger()) {
        throw call.unsupported(x.type());
      }
      long[] row = new long[n];
      return List.of(
          AlongAxis.map(
              x,
              axis,
              (rows, from, y) -> {
                Lanes.read(rows, from, 1, row, n);
                long value = start;
                for (int k = 0; k < n; k++) {
                  int at = reverse ? n - 1 - k : k;
                  long next = integers.applyAsLong(value, row[at]);
                  row[at] = exclusive ? value : next;
                  value = next;
                }
                Lanes.write(y, from, row, n);
              }));
    };
  }
}
