package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Arrays;
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
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/** A graph put together line by line; the last node's outputs are its outputs. */
final class Draft {
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  Draft input(String name, Object... dims) {
    return input(DataType.FLOAT, name, dims);
  }

  Draft input(DataType type, String name, Object... dims) {
    inputs.add(ValueInfo.of(name, type, shape(dims)));
    return this;
  }

  Draft constant(String name, long... values) {
    constants.put(name, Tensor.of(values, values.length));
    return this;
  }

  Draft weight(String name, long... dims) {
    constants.put(name, Tensor.allocate(DataType.FLOAT, dims));
    return this;
  }

  /** {@code out = Op(a, b)} with attributes as key, value, key, value. */
  Draft node(String line, Object... attributes) {
    String[] sides = line.split(" = ", -1);
    int open = sides[1].indexOf('(');
    String arguments = sides[1].substring(open + 1, sides[1].length() - 1);
    var values = new LinkedHashMap<String, Attribute>();
    for (int k = 0; k < attributes.length; k += 2) {
      values.put(
          (String) attributes[k],
          switch (attributes[k + 1]) {
            case Integer number -> Attribute.of((long) number);
            case long[] numbers -> Attribute.of(numbers);
            case String text -> Attribute.of(text);
            case Tensor tensor -> Attribute.of(tensor);
            case Graph graph -> Attribute.of(graph);
            case Attribute attribute -> attribute;
            default -> throw new IllegalArgumentException(attributes[k + 1].toString());
          });
    }
    nodes.add(
        Node.of(
            sides[1].substring(0, open),
            arguments.isEmpty() ? List.of() : List.of(arguments.split(", ", -1)),
            List.of(sides[0].split(", ", -1)),
            values));
    return this;
  }

  Graph graph() {
    return new Graph(
        "draft",
        nodes,
        constants,
        inputs,
        nodes.getLast().outputs().stream()
            .map(name -> new ValueInfo(name, Type.tensor(DataType.FLOAT)))
            .toList());
  }

  Model model(long opset) {
    return Model.of(graph().withValues(List.of()), 8, opset);
  }

  Shapes infer() {
    return infer(17);
  }

  Shapes infer(long opset) {
    // The outputs' types don't matter here and would only be in the way.
    Graph graph = graph();
    return Shapes.infer(
        Model.of(new Graph("draft", nodes, constants, graph.inputs(), List.of()), 8, opset));
  }

  /** Sizes are numbers, symbols their names, and '?' what isn't known. */
  static Shape shape(Object... dims) {
    return new Shape(
        Arrays.stream(dims)
            .map(
                dim ->
                    switch (dim) {
                      case Integer size -> Dim.of(size);
                      case String name -> name.equals("?") ? Dim.unknown() : Dim.symbol(name);
                      default -> throw new IllegalArgumentException(dim.toString());
                    })
            .toList());
  }
}
