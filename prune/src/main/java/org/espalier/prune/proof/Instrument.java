package org.espalier.prune.proof;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * A copy of a graph that gets nodes, constants and inputs beside its own. An input that stands for
 * the channels along an axis is shared by all axes with the same.
 */
final class Instrument {
  /** From here on, an initializer need not be an input. */
  private static final long FREE_INITIALIZERS = 4;

  private final Model model;
  private final String hint;
  private final DataType type;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final Map<Tensor, String> known = new HashMap<>();
  private final Map<IntBuffer, String> alongs = new LinkedHashMap<>();
  private final Set<String> taken = new HashSet<>();

  /**
   * @param hint how the names of inputs begin
   * @param type the element type of the inputs
   */
  Instrument(Model model, String hint, DataType type) {
    this.model = model;
    this.hint = hint;
    this.type = type;
    collect(model.graph());
  }

  private void collect(Graph graph) {
    taken.addAll(graph.initializers().keySet());
    taken.addAll(graph.sparseInitializers().keySet());
    graph.inputs().forEach(input -> taken.add(input.name()));
    graph.outputs().forEach(output -> taken.add(output.name()));
    for (Node node : graph.nodes()) {
      taken.addAll(node.inputs());
      taken.addAll(node.outputs());
      node.subgraphs().forEach(this::collect);
    }
  }

  private String fresh(String wish) {
    String name = wish;
    for (int k = 1; !taken.add(name); k++) {
      name = wish + "_" + k;
    }
    return name;
  }

  /** The input for these channels, a vector with an element for each index. */
  String along(int[] channels) {
    return alongs.computeIfAbsent(
        IntBuffer.wrap(channels), key -> fresh(hint + "/" + alongs.size()));
  }

  /** The inputs added, and the channels of each one's elements. */
  Map<String, int[]> inputs() {
    var inputs = new LinkedHashMap<String, int[]>();
    alongs.forEach((channels, name) -> inputs.put(name, channels.array()));
    return inputs;
  }

  String constant(Tensor tensor) {
    return known.computeIfAbsent(
        tensor,
        content -> {
          String name = fresh(hint + "/constant");
          constants.put(name, content);
          return name;
        });
  }

  String ints(long... values) {
    return constant(Tensor.of(values, values.length));
  }

  /** A scalar. */
  String scalar(double value, DataType type) {
    Tensor tensor = Tensor.allocate(type);
    tensor.setReal(0, value);
    return constant(tensor);
  }

  String add(String op, String... inputs) {
    return add(op, Map.of(), inputs);
  }

  String add(String op, Map<String, Attribute> attributes, String... inputs) {
    String output = fresh(hint + "/" + op);
    nodes.add(Node.of(op, Arrays.asList(inputs), List.of(output), attributes));
    return output;
  }

  void add(Node node) {
    nodes.add(node);
  }

  /** The model with all that was added, its own nodes replaced by the nodes added. */
  Model build() {
    Graph graph = model.graph();
    var inputs = new ArrayList<ValueInfo>(graph.inputs());
    alongs.forEach(
        (channels, name) ->
            inputs.add(ValueInfo.of(name, type, Shape.of((long) channels.capacity()))));
    var initializers = new LinkedHashMap<>(graph.initializers());
    initializers.putAll(constants);
    Graph built =
        graph
            .with(nodes, initializers)
            .withInputs(inputs)
            .withValues(List.of()); // annotations may contradict what nodes make now
    return new Model(
        Math.max(model.irVersion(), FREE_INITIALIZERS),
        model.producerName(),
        model.producerVersion(),
        model.domain(),
        model.modelVersion(),
        model.opsets(),
        built,
        model.functions(),
        model.details());
  }
}
