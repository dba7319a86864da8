package org.espalier.study.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.inspect.Inspection;

/**
 * A layer of a model as a model of its own: one node, its weights, an input of the shape that it
 * gets there.
 *
 * @param count how many layers of the same sizes and settings the model has; this is the first
 */
record OneLayer(String name, Model model, int count) {
  private static final String IN = "x";
  private static final String OUT = "y";

  /**
   * The layers that the literature prunes: convolutions but the first and the depthwise ones, and
   * matrix products with constant weights; a Gemm is taken to be the classifier, which stays dense.
   */
  public static List<OneLayer> of(Model model) {
    Shapes shapes = Shapes.infer(model, Inspection.of(model).inputs()); // open axes as 1
    var found = new LinkedHashMap<List<Object>, OneLayer>();
    boolean stem = true;
    for (Node node : model.graph().nodes()) {
      boolean convolution = node.is("Conv");
      if (!convolution && !node.is("MatMul")) {
        continue;
      }
      Tensor weights = shapes.constant(node.inputs().get(1)).orElse(null);
      Optional<long[]> in = shapes.shape(node.inputs().getFirst()).flatMap(Shape::sizes);
      Optional<long[]> out = shapes.shape(node.outputs().getFirst()).flatMap(Shape::sizes);
      boolean prunable =
          weights != null
              && weights.type() == DataType.FLOAT
              && (convolution ? !stem && weights.dim(1) > 1 : weights.rank() == 2);
      stem &= !convolution;
      if (!prunable || in.isEmpty() || out.isEmpty()) {
        continue;
      }
      List<Object> kind =
          List.of(
              node.op(),
              Shape.of(in.get()),
              weights.shape(),
              node.attributes(),
              node.inputs().size());
      OneLayer known = found.get(kind);
      found.put(
          kind,
          known == null
              ? new OneLayer(node.label(), alone(model, node, shapes, in.get(), out.get()), 1)
              : new OneLayer(known.name(), known.model(), known.count() + 1));
    }
    return List.copyOf(found.values());
  }

  private static Model alone(Model model, Node node, Shapes shapes, long[] in, long[] out) {
    var inputs = new ArrayList<>(node.inputs());
    inputs.set(0, IN);
    var weights = new LinkedHashMap<String, Tensor>();
    inputs.stream().skip(1).forEach(name -> weights.put(name, shapes.constant(name).orElseThrow()));
    var graph =
        new Graph(
            node.label(),
            List.of(node.withInputs(inputs).withOutputs(List.of(OUT))),
            weights,
            List.of(ValueInfo.of(IN, DataType.FLOAT, Shape.of(in))),
            List.of(ValueInfo.of(OUT, DataType.FLOAT, Shape.of(out))));
    return Model.of(graph, model.irVersion(), model.opset());
  }

  /** The node. */
  public Node node() {
    return model.graph().nodes().getFirst();
  }

  /** Its weights. */
  public Tensor weights() {
    return model.graph().initializers().get(node().inputs().get(1));
  }

  /** What it gets. */
  public Shape input() {
    return ((Type.TensorType) model.graph().inputs().getFirst().type()).shape().orElseThrow();
  }

  /** Such as {@code Conv 64x256x3x3 on 1x256x14x14}. */
  @Override
  public String toString() {
    return "%s %s on %s".formatted(node().op(), by(weights().dims()), by(input().sizes().get()));
  }

  private static String by(long... dims) {
    return String.join("x", Arrays.stream(dims).mapToObj(Long::toString).toList());
  }
}
