package org.espalier.graph.onnx;

import java.util.ArrayList;
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
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * Writes packed tensors as what any reader knows: dense initializers, and nodes of ONNX's own
 * operators that a runtime computes once, when it loads the file.
 *
 * <pre>
 * gaps [words, 1] -Div-> -Mod-> [words, digits] -Reshape-> [stored, 1] -CumSum-> -Cast-> positions
 * ConstantOfShape [blocks] -ScatterND(positions, values)-> -Reshape-> the weight
 * </pre>
 *
 * <p>Blocks along the first axis take a Reshape and a Transpose more. All shapes follow from those
 * of the initializers, which ONNX Runtime needs to compute the nodes at load; so there is no
 * NonZero here, with which a bit mask could be read. {@link Unpacking} is the way back.
 */
final class Packing {
  static final long FIRST_OPSET = 11; // CumSum, ScatterND
  private static final long FIRST_OPSET_BFLOAT16 = 20; // ConstantOfShape

  /** Before it, all initializers are inputs. */
  private static final long FIRST_IR_VERSION = 4;

  private static final long FIRST_IR_VERSION_INDEXED = 6;

  private final Set<String> used = new HashSet<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();
  private final Map<String, String> shared = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  private Packing() {}

  /** Whether a model file can hold the tensor in packed form. */
  static boolean fits(Model model, DataType type, Shape shape) {
    return model.irVersion() >= FIRST_IR_VERSION
        && model.opset() >= FIRST_OPSET
        && switch (type) {
          case FLOAT, FLOAT16, DOUBLE -> true;
          case BFLOAT16 -> model.opset() >= FIRST_OPSET_BFLOAT16;
          default -> false;
        }
        && PackedTensor.fits(shape);
  }

  /** Whether a model file can hold tensors as {@code sparse_initializer}. */
  static boolean holdsIndexed(Model model) {
    return model.irVersion() >= FIRST_IR_VERSION_INDEXED;
  }

  /** The model as its file has it: without packed tensors. */
  static Model packed(Model model) {
    Graph graph = model.graph();
    if (graph.sparseInitializers().values().stream()
        .allMatch(tensor -> tensor.form() == SparseTensor.Form.INDEXED)) {
      return model;
    }
    var packing = new Packing();
    packing.collect(graph);
    packing.initializers.putAll(graph.initializers());
    var indexed = new LinkedHashMap<String, SparseTensor>();
    graph
        .sparseInitializers()
        .forEach(
            (name, tensor) -> {
              if (tensor.form() == SparseTensor.Form.INDEXED) {
                indexed.put(name, tensor);
              } else if (fits(model, tensor.values().type(), tensor.shape())) {
                packing.add(name, tensor);
              } else if (holdsIndexed(model)) {
                indexed.put(name, tensor.in(SparseTensor.Form.INDEXED));
              } else {
                packing.initializers.put(name, tensor.toDense());
              }
            });
    packing.nodes.addAll(graph.nodes());
    return model.withGraph(
        new Graph(
            graph.name(),
            packing.nodes,
            packing.initializers,
            indexed,
            graph.inputs(),
            graph.outputs(),
            graph.values(),
            graph.annotations(),
            graph.details()));
  }

  /** How many bytes a packed tensor takes in a file that holds no other. */
  static long length(String name, SparseTensor tensor) {
    var packing = new Packing();
    packing.add(name, tensor);
    return new GraphWriter(TensorWriter::write)
        .graph(new Graph("", packing.nodes, packing.initializers, List.of(), List.of()))
        .length();
  }

  private void collect(Graph graph) {
    used.addAll(graph.initializers().keySet());
    used.addAll(graph.sparseInitializers().keySet());
    graph.inputs().stream().map(ValueInfo::name).forEach(used::add);
    graph.outputs().stream().map(ValueInfo::name).forEach(used::add);
    for (Node node : graph.nodes()) {
      used.addAll(node.outputs());
      node.subgraphs().forEach(this::collect);
    }
  }

  private void add(String name, SparseTensor tensor) {
    PackedTensor packed = PackedTensor.of(tensor);
    Blocks blocks = packed.blocks();
    String gaps = initializer(name + "/gaps", packed.words());
    String values = initializer(name + "/values", packed.values());
    int[] powers = packed.radix().powers();
    String digits =
        node(
            name + "/digits",
            "Mod",
            node(
                name + "/quotients",
                "Div",
                gaps,
                shared("powers/" + powers.length, Tensor.of(powers, powers.length))),
            shared("base/" + powers.length, scalar(packed.radix().base())));
    String ends =
        node(
            name + "/ends",
            "CumSum",
            node(name + "/steps", "Reshape", digits, shape(-1, 1)),
            shared("axis", scalar(0)));
    String positions =
        node(name + "/positions", "Cast", Map.of("to", Attribute.of(DataType.INT64.code())), ends);
    DataType type = packed.values().type();
    String zeros =
        node(
            name + "/zeros",
            "ConstantOfShape",
            Map.of("value", Attribute.of(Tensor.allocate(type, 1))),
            blocks.height() == 1 ? shape(blocks.count()) : shape(blocks.count(), blocks.height()));
    String result = node(name + "/scattered", "ScatterND", zeros, positions, values);
    if (blocks.inner() > 1) {
      String grouped =
          node(name + "/blocks", "Reshape", result, shape(-1, blocks.inner(), blocks.height()));
      result =
          node(
              name + "/transposed",
              "Transpose",
              Map.of("perm", new Attribute.IntValues(List.of(0L, 2L, 1L))),
              grouped);
    }
    nodes.add(Node.of("Reshape", List.of(result, shape(packed.dims())), List.of(name)));
  }

  private static Tensor scalar(int value) {
    return Tensor.of(new int[] {value}, 1).reshape();
  }

  private String shape(long... sizes) {
    return shared("shape/" + Shape.of(sizes), Tensor.of(sizes, sizes.length));
  }

  private String shared(String label, Tensor tensor) {
    return shared.computeIfAbsent(label, key -> initializer("packed/" + key, tensor));
  }

  private String initializer(String name, Tensor tensor) {
    String fresh = fresh(name);
    initializers.put(fresh, tensor);
    return fresh;
  }

  private String node(String output, String op, String... inputs) {
    return node(output, op, Map.of(), inputs);
  }

  private String node(String output, String op, Map<String, Attribute> attributes, String... in) {
    String fresh = fresh(output);
    nodes.add(Node.of(op, List.of(in), List.of(fresh), attributes));
    return fresh;
  }

  private String fresh(String name) {
    String fresh = name;
    while (!used.add(fresh)) {
      fresh += "_";
    }
    return fresh;
  }
}
