package org.espalier.prune;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.evidence.Calibration;

/** Small models with every way that a weight can be stored. */
public final class Nets {
  private Nets() {}

  /** One output, one input, and weights that are zero already, all of them. */
  public static Model odd(long seed) {
    var random = SeededRandom.of(seed);
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("row", random.gaussian(108, 1));
    weights.put("column", random.gaussian(1, 7));
    weights.put("last", random.gaussian(7, 5));
    weights.put("zero", Tensor.allocate(DataType.FLOAT, 108, 5));
    List<Node> nodes =
        List.of(
            Node.of("Flatten", List.of("input"), List.of("f")),
            Node.of("MatMul", List.of("f", "row"), List.of("h1")),
            Node.of("MatMul", List.of("h1", "column"), List.of("h2")),
            Node.of("MatMul", List.of("h2", "last"), List.of("h3")),
            Node.of("MatMul", List.of("f", "zero"), List.of("nothing")),
            Node.of("Add", List.of("h3", "nothing"), List.of("logits")));
    return of("odd", nodes, weights);
  }

  /** Convolution, Gemm both ways round, MatMul, a Constant node, a transposed weight. */
  public static Model mixed(long seed) {
    var random = SeededRandom.of(seed);
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("conv.weight", random.gaussian(7, 3, 3, 3));
    weights.put("conv.bias", random.gaussian(7));
    weights.put("fc1.weight", random.gaussian(13, 112));
    weights.put("fc1.bias", random.gaussian(13));
    weights.put("fc2.weight", random.gaussian(13, 11));
    weights.put("fc4.weight", random.gaussian(5, 9));
    List<Node> nodes = new ArrayList<>();
    nodes.add(
        Node.of("Conv", List.of("input", "conv.weight", "conv.bias"), List.of("c"))
            .with("kernel_shape", Attribute.of(3L, 3L)));
    nodes.add(Node.of("Relu", List.of("c"), List.of("r")));
    nodes.add(Node.of("Flatten", List.of("r"), List.of("f")));
    nodes.add(
        Node.of("Gemm", List.of("f", "fc1.weight", "fc1.bias"), List.of("h1"))
            .with("transB", Attribute.of(1L)));
    nodes.add(Node.of("Gemm", List.of("h1", "fc2.weight"), List.of("h2")));
    nodes.add(
        Node.of("Constant", List.of(), List.of("fc3.weight"))
            .with("value", Attribute.of(random.gaussian(11, 9))));
    nodes.add(Node.of("MatMul", List.of("h2", "fc3.weight"), List.of("h3")));
    nodes.add(
        Node.of("Transpose", List.of("fc4.weight"), List.of("fc4.turned"))
            .with("perm", Attribute.of(1L, 0L)));
    nodes.add(Node.of("MatMul", List.of("h3", "fc4.turned"), List.of("logits")));
    return of("mixed", nodes, weights);
  }

  private static Model of(String name, List<Node> nodes, Map<String, Tensor> weights) {
    return Model.of(
        new Graph(
            name,
            nodes,
            weights,
            List.of(
                ValueInfo.of(
                    "input",
                    DataType.FLOAT,
                    Shape.of(Dim.symbol("N"), Dim.of(3), Dim.of(6), Dim.of(6)))),
            List.of(ValueInfo.of("logits", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(5))))),
        10,
        21);
  }

  /** A residual network of two blocks for images of 3x8x8 pixels, with batch normalisation. */
  public static Model residual(long seed) {
    GraphBuilder g = GraphBuilder.of("residual", seed);
    Value x = g.input("input", 3, 8, 8).conv("conv1", 8, Conv.kernel(3)).batchNorm("bn1").relu();
    for (String block : List.of("a", "b")) {
      Value y = x.conv(block + ".conv1", 8, Conv.kernel(3)).batchNorm(block + ".bn1").relu();
      x = y.conv(block + ".conv2", 8, Conv.kernel(3)).batchNorm(block + ".bn2").add(x).relu();
    }
    return g.output("logits", x.globalAveragePool().flatten().linear("fc", 5)).build();
  }

  /** Examples for {@link #mixed} with their classes, in batches of 16. */
  public static Calibration calibration(long seed, int examples) {
    var random = SeededRandom.of(seed);
    long[] classes = new long[examples];
    for (int k = 0; k < examples; k++) {
      classes[k] = random.nextInt(5);
    }
    return Calibration.of(
        "input", random.gaussian(examples, 3, 6, 6), Tensor.of(classes, examples), 16);
  }

  /** A layer of its own, for tests of one part. */
  public static Layer layer(String name, Tensor weights, boolean transposed) {
    Node node = Node.of("MatMul", List.of("x", name), List.of("y"));
    int columns = (int) weights.dim(transposed ? 0 : 1);
    return new Layer(name, node, weights, (int) weights.size() / columns, columns, transposed);
  }

  public static Layer layer(String name, long... dims) {
    return layer(name, SeededRandom.of(1).gaussian(dims[0], Tensor.elements(dims) / dims[0]), false)
        .with(SeededRandom.of(1).gaussian(dims));
  }
}
