package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.study.report.Progress;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;
import org.espalier.train.data.TensorDataset;

/** Small networks and data. */
final class Networks {
  private Networks() {}

  /** {@code x W + b}. */
  static Model linear(Tensor weight, Tensor bias) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("w", weight);
    weights.put("b", bias);
    return model(
        List.of(Node.of("Gemm", List.of("x", "w", "b"), List.of("y"))),
        weights,
        weight.dim(0),
        weight.dim(1));
  }

  /** {@code relu(x W1 + b1) W2 + b2}. */
  static Model perceptron(SeededRandom random, int inputs, int hidden, int classes) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("w1", random.gaussian(inputs, hidden));
    weights.put("b1", random.gaussian(hidden));
    weights.put("w2", random.gaussian(hidden, classes));
    weights.put("b2", random.gaussian(classes));
    return model(
        List.of(
            Node.of("Gemm", List.of("x", "w1", "b1"), List.of("h")),
            Node.of("Relu", List.of("h"), List.of("r")),
            Node.of("Gemm", List.of("r", "w2", "b2"), List.of("y"))),
        weights,
        inputs,
        classes);
  }

  /** {@code norm(x W + b)} with statistics that are those of no data. */
  static Model normalized(SeededRandom random, int inputs, int classes) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("w", random.gaussian(inputs, classes));
    weights.put("b", random.gaussian(classes));
    weights.put("scale", random.gaussian(classes));
    weights.put("shift", random.gaussian(classes));
    weights.put("mean", random.gaussian(classes));
    float[] ones = new float[classes];
    Arrays.fill(ones, 1);
    weights.put("var", Tensor.of(ones, classes));
    return model(
        List.of(
            Node.of("Gemm", List.of("x", "w", "b"), List.of("h")),
            Node.of(
                "BatchNormalization", List.of("h", "scale", "shift", "mean", "var"), List.of("y"))),
        weights,
        inputs,
        classes);
  }

  /** Linear layers beside each other, whose outputs are added up or stand side by side. */
  static Model branches(boolean added, Tensor... branches) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    var nodes = new ArrayList<Node>();
    for (Tensor branch : branches) {
      int k = weights.size();
      weights.put("w" + k, branch);
      nodes.add(Node.of("MatMul", List.of("x", "w" + k), List.of("h" + k)));
    }
    List<String> ends = nodes.stream().map(node -> node.outputs().getFirst()).toList();
    Node joint =
        added
            ? Node.of("Sum", ends, List.of("y"))
            : Node.of("Concat", ends, List.of("y")).with("axis", Attribute.of(1L));
    nodes.add(joint);
    long outputs = Arrays.stream(branches).mapToLong(branch -> branch.dim(1)).sum();
    return model(nodes, weights, branches[0].dim(0), added ? branches[0].dim(1) : outputs);
  }

  private static Model model(
      List<Node> nodes, Map<String, Tensor> weights, long inputs, long outputs) {
    return Model.of(
        new Graph(
            "net",
            nodes,
            weights,
            List.of(ValueInfo.of("x", DataType.FLOAT, rows(inputs))),
            List.of(ValueInfo.of("y", DataType.FLOAT, rows(outputs)))),
        10,
        21);
  }

  private static Shape rows(long columns) {
    return Shape.of(Dim.symbol("N"), Dim.of(columns));
  }

  /** Gaussian examples with classes drawn evenly. */
  static Dataset classified(SeededRandom random, int count, int inputs, int classes) {
    return TensorDataset.classified(
        random.gaussian(count, inputs),
        Tensor.of(random.longs(count, 0, classes).toArray(), count),
        names(classes));
  }

  static List<String> names(int classes) {
    return new ArrayList<>(IntStream.range(0, classes).mapToObj(c -> "c" + c).toList());
  }

  static Subject subject(Model model, Dataset training, Dataset testing) {
    return new Subject(
        "dense",
        model,
        new Splits("test", Optional.of(training), Optional.of(testing)),
        new Settings(500, 16, 0, Progress.NONE));
  }

  /** All examples and targets of a data set. */
  static Tensor[] all(Dataset data) {
    long[] shape = data.exampleShape();
    long[] dims = new long[shape.length + 1];
    dims[0] = data.size();
    System.arraycopy(shape, 0, dims, 1, shape.length);
    Tensor inputs = Tensor.allocate(data.type(), dims);
    Tensor targets = Tensor.allocate(data.targetType(), data.size());
    data.fill(IntStream.range(0, data.size()).toArray(), 0, inputs, targets);
    return new Tensor[] {inputs, targets};
  }
}
