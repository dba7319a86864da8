package org.espalier.prune.method;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.espalier.graph.Constants;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Operators;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Scores;
import org.espalier.prune.proof.DoublePrecision;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;

/**
 * The flow through a network: what its outputs sum to for an input of ones when every weight is
 * replaced by its magnitude, biases and running means by zero and activations by the identity. It
 * is the sum over all paths of the product of their weights; computed in float64, as it grows with
 * the product of the layers' norms.
 */
final class SynapticFlow implements AutoCloseable {
  /** What multiplies as a gate; instead of it the identity would square what it's made of. */
  private static final Set<String> GATES = Set.of("Sigmoid", "HardSigmoid");

  /** What would make all sums one at the end, or some zero by chance. */
  private static final Set<String> FORGOTTEN = Set.of("Softmax", "LogSoftmax", "Dropout");

  /** The size of axes that the model leaves open, behind the batch. */
  private static final long OPEN = 32;

  private final TorchModel torch;
  private final Map<String, Tensor> ones = new LinkedHashMap<>();

  private SynapticFlow(Model linear, Set<String> weights) {
    torch = TorchModel.of(linear, TorchModel.Options.usual().withTrainable(weights::contains));
    for (ValueInfo input : linear.graph().requiredInputs()) {
      ones.put(input.name(), ones(input));
    }
  }

  /** The flow through a model, with respect to the weights of these layers. */
  static SynapticFlow of(Model model, List<Layer> layers) {
    Set<String> weights = layers.stream().map(Layer::weight).collect(Collectors.toSet());
    Model linear = DoublePrecision.of(model.withGraph(linear(model.graph())));
    var flow = new SynapticFlow(linear, weights);
    for (String weight : weights) {
      if (!flow.torch.parameters().containsKey(weight)) {
        flow.close();
        throw new InvalidInputException("no flow can be told through '" + weight + "'");
      }
    }
    return flow;
  }

  private static Graph linear(Graph graph) {
    Map<String, Tensor> constants = Constants.of(graph);
    Map<String, Tensor> changed = new HashMap<>();
    constants.forEach(
        (name, tensor) -> {
          if (tensor.type().isFloat() && tensor.type().bits() >= 16) {
            changed.put(name, magnitudes(tensor));
          }
        });
    graph.nodes().forEach(node -> shifts(node, changed));
    Graph positive = Constants.replace(graph, changed);
    return positive.withNodes(
        positive.nodes().stream()
            .map(
                node ->
                    isForgotten(node)
                        ? Node.of(
                            "Identity",
                            List.of(node.inputs().getFirst()),
                            List.of(node.outputs().getFirst()))
                        : node)
            .toList());
  }

  private static boolean isForgotten(Node node) {
    boolean activation = Operators.ACTIVATIONS.contains(node.op()) && !GATES.contains(node.op());
    return node.isStandard() && (activation || FORGOTTEN.contains(node.op()));
  }

  /** Sets to zero what a node adds to its input. */
  private static void shifts(Node node, Map<String, Tensor> changed) {
    if (!node.isStandard()) {
      return;
    }
    switch (node.op()) {
      case "Conv", "ConvTranspose", "Gemm" -> node.input(2).ifPresent(name -> clear(name, changed));
      case "BatchNormalization" -> {
        clear(node.inputs().get(2), changed);
        clear(node.inputs().get(3), changed);
      }
      case "Add" -> node.inputs().forEach(name -> clear(name, changed));
      default -> {}
    }
  }

  private static void clear(String name, Map<String, Tensor> changed) {
    Tensor tensor = changed.get(name);
    if (tensor != null && tensor.size() > 1) {
      changed.put(name, Tensor.allocate(tensor.type(), tensor.dims()));
    }
  }

  private static Tensor magnitudes(Tensor tensor) {
    Tensor positive = tensor.copy();
    for (long k = 0; k < positive.size(); k++) {
      positive.setReal(k, Math.abs(positive.realAt(k)));
    }
    return positive;
  }

  private static Tensor ones(ValueInfo input) {
    if (!(input.type() instanceof Type.TensorType(DataType type, var shape)) || shape.isEmpty()) {
      throw new InvalidInputException("input '" + input.name() + "' is no tensor of a known rank");
    }
    List<Dim> sizes = shape.get().dims();
    long[] dims = new long[sizes.size()];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = sizes.get(axis).sizeOr(axis == 0 ? 1 : OPEN);
    }
    Tensor ones = Tensor.allocate(type, dims);
    try (var _ = new PointerScope()) {
      Libtorch.view(ones).fill_(new org.bytedeco.pytorch.Scalar(1));
    }
    return ones;
  }

  /** Each weight's share in the flow, |w dR/dw|, relative to the largest of all layers. */
  List<Scores> scores(List<Layer> layers) {
    Map<String, Tensor> shares = shares();
    double largest = Double.MIN_NORMAL;
    for (Tensor share : shares.values()) {
      for (long k = 0; k < share.size(); k++) {
        largest = Math.max(largest, share.realAt(k));
      }
    }
    double scale = largest;
    return layers.stream()
        .map(layer -> Scores.of(layer, shares.get(layer.weight()), (_, share) -> share / scale))
        .toList();
  }

  /** |w dR/dw| of every weight: DOUBLE, of the weight's shape. */
  Map<String, Tensor> shares() {
    Map<String, Tensor> shares = new LinkedHashMap<>();
    try (var _ = new PointerScope();
        var _ = new AutoGradMode(true)) {
      torch
          .gradients(flow())
          .forEach(
              (name, gradient) ->
                  shares.put(
                      name, Libtorch.copy(gradient.mul(torch.parameters().get(name)).abs())));
    }
    return shares;
  }

  /** What flows from the inputs to the outputs; zero where no path is left. */
  double total() {
    try (var _ = new PointerScope();
        var _ = new AutoGradMode(false)) {
      return flow().item().toDouble();
    }
  }

  private org.bytedeco.pytorch.Tensor flow() {
    var inputs = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
    ones.forEach((name, tensor) -> inputs.put(name, Libtorch.view(tensor)));
    return torch.forward(inputs, Mode.EVAL).output().sum();
  }

  /** Stops the flow through what a mask prunes. */
  void prune(String weight, Mask mask) {
    Tensor live = torch.weights().get(weight);
    live.data().copyFrom(mask.apply(live).data());
  }

  @Override
  public void close() {
    torch.close();
  }
}
