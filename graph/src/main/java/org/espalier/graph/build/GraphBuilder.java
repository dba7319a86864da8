package org.espalier.graph.build;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * A graph in the making: inputs, nodes, weights, outputs, in ONNX's own operators.
 *
 * <p>Layers are methods of {@link Value}; {@link #node} adds any operator. Not for use from several
 * threads.
 */
public final class GraphBuilder {
  /** The name of the batch axis. */
  public static final Dim BATCH = Dim.symbol("N");

  /** Stands for an optional input that a node doesn't have. */
  public static final Value ABSENT = new Value(null, "", DataType.FLOAT, Shape.SCALAR);

  private final String name;
  private final long seed;
  private long opset = 21;
  private long irVersion = 10;
  private final Set<String> taken = new HashSet<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();
  private final Map<Tensor, Value> constants = new HashMap<>();
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final List<ValueInfo> outputs = new ArrayList<>();
  private final Map<String, String> renamed = new HashMap<>();

  private GraphBuilder(String name, long seed) {
    this.name = name;
    this.seed = seed;
  }

  /** An empty graph. The seed decides all weights. */
  public static GraphBuilder of(String name, long seed) {
    return new GraphBuilder(name, seed);
  }

  /** Declares another version of the operators and of the file; layers are those of opset 21. */
  public GraphBuilder opset(long opset, long irVersion) {
    this.opset = opset;
    this.irVersion = irVersion;
    return this;
  }

  /** A float input of shape [N, sizes...], N being the batch. */
  public Value input(String name, long... sizes) {
    var dims = new ArrayList<Dim>();
    dims.add(BATCH);
    LongStream.of(sizes).mapToObj(Dim::of).forEach(dims::add);
    return input(name, DataType.FLOAT, dims.toArray(Dim[]::new));
  }

  /** An input of any type and shape. */
  public Value input(String name, DataType type, Dim... dims) {
    Value value = new Value(this, take(name), type, Shape.of(dims));
    inputs.add(ValueInfo.of(name, type, value.shape()));
    return value;
  }

  /** Makes a value an output of the graph and gives it this name. */
  public GraphBuilder output(String name, Value value) {
    Value last = value;
    if (renamed.containsKey(value.name()) || !isMadeByNode(value)) {
      last = value.then("Identity");
    }
    take(name);
    renamed.put(last.name(), name);
    outputs.add(ValueInfo.of(name, value.type(), value.shape()));
    return this;
  }

  private boolean isMadeByNode(Value value) {
    return nodes.stream().anyMatch(node -> node.outputs().contains(value.name()));
  }

  /**
   * A weight drawn from {@code init}.
   *
   * @param dims output channels first, then input channels (of one group), then the kernel; for
   *     other layouts give the init its fans
   */
  public Value weight(String name, Init init, long... dims) {
    long field = dims.length < 2 ? 1 : Tensor.elements(Arrays.copyOfRange(dims, 2, dims.length));
    double fanIn = dims.length < 2 ? 1 : field * dims[1];
    double fanOut = dims.length < 1 ? 1 : field * dims[0];
    return initializer(name, init.sample(seed, name, fanIn, fanOut, dims));
  }

  /** A weight with these values. */
  public Value initializer(String name, Tensor tensor) {
    initializers.put(take(name), tensor);
    return new Value(this, name, tensor.type(), tensor.shape());
  }

  /** The weight of this name, for a second use. */
  public Value known(String name) {
    Tensor tensor = initializers.get(name);
    if (tensor == null) {
      throw new InvalidInputException("graph '%s' has no weight '%s'".formatted(this.name, name));
    }
    return new Value(this, name, tensor.type(), tensor.shape());
  }

  /** A vector of integers that is no weight, such as a shape; equal ones are shared. */
  public Value integers(long... values) {
    String text = Arrays.stream(values).mapToObj(Long::toString).collect(Collectors.joining("_"));
    return constant("const." + text, Tensor.of(values, values.length));
  }

  /** A single float that is no weight; equal ones are shared. */
  public Value real(float value) {
    return constant("const." + value, Tensor.scalar(value));
  }

  /** A single integer that is no weight; equal ones are shared. */
  public Value integer(long value) {
    return constant("const.scalar." + value, Tensor.scalar(value));
  }

  private Value constant(String name, Tensor tensor) {
    Value known = constants.get(tensor);
    if (known == null) {
      known = initializer(unique(name), tensor);
      constants.put(tensor, known);
    }
    return known;
  }

  /**
   * Adds a node of any operator with one output.
   *
   * @param name the node's name and its output's; must not be taken yet
   * @param type the output's element type
   * @param shape the output's shape, as far as it is known
   */
  public Value node(
      String name,
      String op,
      DataType type,
      Shape shape,
      Map<String, Attribute> attributes,
      Value... inputs) {
    Value output = new Value(this, take(name), type, shape);
    node(op, List.of(inputs), attributes, List.of(output.name()));
    return output;
  }

  /**
   * Adds a node of any operator with any number of outputs; an empty name is an absent one.
   *
   * @param outputs the outputs' names; the first names the node
   */
  void node(
      String op, List<Value> inputs, Map<String, Attribute> attributes, List<String> outputs) {
    for (Value input : inputs) {
      if (!input.name().isEmpty() && !taken.contains(input.name())) {
        throw new InvalidInputException(
            "'%s' takes '%s', which belongs to another graph"
                .formatted(outputs.getFirst(), input.name()));
      }
    }
    // Map.of has no order; a file must.
    nodes.add(
        Node.of(op, inputs.stream().map(Value::name).toList(), outputs, new TreeMap<>(attributes)));
  }

  /** A free name that begins with {@code wish}. */
  String unique(String wish) {
    String free = wish;
    for (int k = 1; taken.contains(free); k++) {
      free = wish + "_" + k;
    }
    return free;
  }

  String take(String wish) {
    if (wish.isEmpty() || !taken.add(wish)) {
      throw new InvalidInputException(
          "graph '%s': the name '%s' is %s"
              .formatted(name, wish, wish.isEmpty() ? "empty" : "taken already"));
    }
    return wish;
  }

  /** The model: this graph as it is now. */
  public Model build() {
    if (outputs.isEmpty()) {
      throw new InvalidInputException("graph '" + name + "' has no output");
    }
    List<Node> named =
        nodes.stream()
            .map(node -> node.withInputs(rename(node.inputs())))
            .map(node -> node.withOutputs(rename(node.outputs())))
            .toList();
    return Model.of(new Graph(name, named, initializers, inputs, outputs), irVersion, opset);
  }

  private List<String> rename(List<String> names) {
    return names.stream().map(value -> renamed.getOrDefault(value, value)).toList();
  }
}
