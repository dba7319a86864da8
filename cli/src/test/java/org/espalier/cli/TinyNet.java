package org.espalier.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;

/** A perceptron with one hidden layer, for tables. */
final class TinyNet {
  private TinyNet() {}

  static Model of(int inputs, int hidden, int classes) {
    var random = SeededRandom.of(3);
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("fc1.weight", random.gaussian(inputs, hidden));
    weights.put("fc1.bias", random.gaussian(hidden));
    weights.put("fc2.weight", random.gaussian(hidden, classes));
    weights.put("fc2.bias", random.gaussian(classes));
    return Model.of(
        new Graph(
            "tiny",
            List.of(
                Node.of("Gemm", List.of("x", "fc1.weight", "fc1.bias"), List.of("h")),
                Node.of("Relu", List.of("h"), List.of("r")),
                Node.of("Gemm", List.of("r", "fc2.weight", "fc2.bias"), List.of("y"))),
            weights,
            List.of(rows("x", inputs)),
            List.of(rows("y", classes))),
        10,
        21);
  }

  private static ValueInfo rows(String name, int columns) {
    return ValueInfo.of(name, DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(columns)));
  }

  /** A table for it: three classes by the largest of the first three features. */
  static String separable() {
    var random = new Random(5);
    var csv = new StringBuilder("a,b,c,d,label\n");
    for (int k = 0; k < 300; k++) {
      double[] x = random.doubles(4, -1, 1).toArray();
      int label = x[0] > x[1] ? (x[0] > x[2] ? 0 : 2) : x[1] > x[2] ? 1 : 2;
      x[label] += 0.3;
      csv.append("%f,%f,%f,%f,%d\n".formatted(x[0], x[1], x[2], x[3], label));
    }
    return csv.toString();
  }
}
