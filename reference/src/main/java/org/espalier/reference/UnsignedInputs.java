package org.espalier.reference;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/**
 * Lets a model take unsigned inputs, which ONNX Runtime's Java interface can't make: the input
 * becomes the signed type of the same width, and a Cast, which keeps the bits, restores it.
 */
final class UnsignedInputs {
  private UnsignedInputs() {}

  /** The type that stands for {@code type} in ONNX Runtime's Java interface. */
  static DataType signed(DataType type) {
    return switch (type) {
      case UINT16 -> DataType.INT16;
      case UINT32 -> DataType.INT32;
      case UINT64 -> DataType.INT64;
      default -> type;
    };
  }

  static Model asSigned(Model model) {
    Graph graph = model.graph();
    Set<String> renamed = new HashSet<>();
    List<ValueInfo> inputs = new ArrayList<>();
    List<Node> casts = new ArrayList<>();
    for (ValueInfo input : graph.inputs()) {
      if (input.type() instanceof Type.TensorType(DataType type, var shape)
          && signed(type) != type
          && !graph.isInitializer(input.name())) {
        inputs.add(new ValueInfo(input.name(), new Type.TensorType(signed(type), shape)));
        renamed.add(input.name());
        casts.add(
            Node.of(
                "Cast",
                List.of(input.name()),
                List.of(unsigned(input.name())),
                Map.of("to", Attribute.of(type.code()))));
      } else {
        inputs.add(input);
      }
    }
    if (renamed.isEmpty() || graph.nodes().stream().anyMatch(n -> !n.subgraphs().isEmpty())) {
      return model;
    }
    List<Node> nodes = new ArrayList<>(casts);
    for (Node node : graph.nodes()) {
      nodes.add(
          node.withInputs(
              node.inputs().stream().map(n -> renamed.contains(n) ? unsigned(n) : n).toList()));
    }
    return model.withGraph(graph.withNodes(nodes).withInputs(inputs));
  }

  private static String unsigned(String name) {
    return name + "/unsigned";
  }
}
