package org.espalier.train.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.torch.Libtorch;

/**
 * Low-rank adapters that respect zeros: a weight W becomes {@code W + (alpha / r) M * (B A)}, where
 * M is one where W isn't zero (MaskLoRA), or W itself (ScaleLoRA). They are nodes of the graph,
 * with weights of their own; merged they leave the graph as it was, and the zeros zero.
 *
 * <p>The paper scales by a B A whose factors are constant at first. All columns of B then have the
 * same gradient and stay the same: its rank is one, whatever r. Here it is one plus B A, which
 * begins with B = 0 as the other.
 */
final class Adapters {
  private static final int RANK = 16;
  private static final double ALPHA = 32;

  private static final String A = "/lora/a";
  private static final String B = "/lora/b";
  private static final String MASK = "/lora/mask";
  private static final String SHAPE = "/lora/shape";
  private static final String ADAPTED = "/lora/adapted";

  private Adapters() {}

  /**
   * The model with an adapter at each layer whose weight is an initializer; B starts at zero.
   *
   * @param whole weights that get none
   * @param scaling whether M is the weight itself
   */
  static Model added(Model model, Set<String> whole, boolean scaling) {
    Graph graph = model.graph();
    var initializers = new LinkedHashMap<>(graph.initializers());
    var adapters = new ArrayList<Node>();
    var adapted = new LinkedHashSet<String>();
    for (Layer layer : Layers.of(model).layers()) {
      String weight = layer.weight();
      Tensor tensor = initializers.get(weight);
      if (tensor != null && tensor.type() == DataType.FLOAT && !whole.contains(weight)) {
        int rows = (int) tensor.dim(0);
        int columns = (int) (tensor.size() / rows);
        int rank = Math.min(RANK, Math.min(rows, columns));
        initializers.put(weight + A, random(weight, rank, columns));
        initializers.put(weight + B, Tensor.allocate(DataType.FLOAT, rows, rank));
        initializers.put(weight + MASK, mask(tensor, ALPHA / rank, scaling));
        initializers.put(weight + SHAPE, Tensor.of(tensor.dims(), tensor.rank()));
        adapters.addAll(nodes(weight));
        adapted.add(weight);
      }
    }
    for (Node node : graph.nodes()) {
      adapters.add(
          node.withInputs(
              node.inputs().stream()
                  .map(input -> adapted.contains(input) ? input + ADAPTED : input)
                  .toList()));
    }
    return model.withGraph(graph.with(adapters, initializers));
  }

  private static List<Node> nodes(String weight) {
    String product = weight + "/lora/product";
    String shaped = weight + "/lora/shaped";
    String masked = weight + "/lora/masked";
    return List.of(
        Node.of("MatMul", List.of(weight + B, weight + A), List.of(product)),
        Node.of("Reshape", List.of(product, weight + SHAPE), List.of(shaped)),
        Node.of("Mul", List.of(shaped, weight + MASK), List.of(masked)),
        Node.of("Add", List.of(weight, masked), List.of(weight + ADAPTED)));
  }

  private static Tensor random(String weight, int rows, int columns) {
    var random = new SplittableRandom(weight.hashCode());
    Tensor values = Tensor.allocate(DataType.FLOAT, rows, columns);
    for (long k = 0; k < values.size(); k++) {
      values.setReal(k, random.nextGaussian() / Math.sqrt(columns));
    }
    return values;
  }

  private static Tensor mask(Tensor weight, double factor, boolean scaling) {
    Tensor mask = Tensor.allocate(DataType.FLOAT, weight.dims());
    for (long k = 0; k < mask.size(); k++) {
      double value = weight.realAt(k);
      mask.setReal(k, factor * (scaling ? value : value == 0 ? 0 : 1));
    }
    return mask;
  }

  /** The adapters' own weights. */
  static Set<String> weights(Graph graph) {
    var weights = new LinkedHashSet<String>();
    for (String name : graph.initializers().keySet()) {
      if (name.endsWith(A) || name.endsWith(B)) {
        weights.add(name);
      }
    }
    return weights;
  }

  /** The model with its adapters in its weights; itself where it has none. */
  static Model merged(Model model) {
    Graph graph = model.graph();
    var initializers = new LinkedHashMap<>(graph.initializers());
    var renamed = new LinkedHashMap<String, String>();
    for (String name : graph.initializers().keySet()) {
      if (name.endsWith(A)) {
        String weight = name.substring(0, name.length() - A.length());
        initializers.put(weight, merged(graph, weight));
        List.of(A, B, MASK, SHAPE).forEach(part -> initializers.remove(weight + part));
        renamed.put(weight + ADAPTED, weight);
      }
    }
    if (renamed.isEmpty()) {
      return model;
    }
    List<Node> nodes =
        graph.nodes().stream()
            .filter(node -> !node.outputs().getFirst().contains("/lora/"))
            .map(
                node ->
                    node.withInputs(
                        node.inputs().stream()
                            .map(input -> renamed.getOrDefault(input, input))
                            .toList()))
            .toList();
    return model.withGraph(graph.with(nodes, initializers));
  }

  private static Tensor merged(Graph graph, String weight) {
    Map<String, Tensor> all = graph.initializers();
    Tensor merged = all.get(weight).copy();
    try (var _ = new PointerScope();
        var _ = new AutoGradMode(false)) {
      var product = Libtorch.view(all.get(weight + B)).mm(Libtorch.view(all.get(weight + A)));
      var mask = Libtorch.view(all.get(weight + MASK));
      Libtorch.view(merged).add_(product.reshape(merged.dims()).mul_(mask));
    }
    return merged;
  }
}
