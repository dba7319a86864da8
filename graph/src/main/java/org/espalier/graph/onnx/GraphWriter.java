package org.espalier.graph.onnx;

import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;

/** Writes graphs, nodes, attributes and functions. */
final class GraphWriter {
  /** Puts an initializer in the file or beside it. */
  interface Initializers {
    WireWriter write(String name, Tensor tensor);
  }

  private final Initializers initializers;

  GraphWriter(Initializers initializers) {
    this.initializers = initializers;
  }

  WireWriter graph(Graph graph) {
    var out = new WireWriter();
    graph.nodes().forEach(node -> out.message(1, node(node)));
    out.textUnlessEmpty(2, graph.name());
    graph
        .initializers()
        .forEach((name, tensor) -> out.message(5, initializers.write(name, tensor)));
    graph.inputs().forEach(value -> out.message(11, TypeWriter.write(value)));
    graph.outputs().forEach(value -> out.message(12, TypeWriter.write(value)));
    graph.values().forEach(value -> out.message(13, TypeWriter.write(value)));
    graph.annotations().forEach(annotation -> out.bytes(14, annotation.toArray()));
    graph
        .sparseInitializers()
        .forEach((name, tensor) -> out.message(15, TensorWriter.write(name, tensor)));
    TensorWriter.details(out, graph.details(), 10, 16);
    return out;
  }

  WireWriter function(Function function) {
    var out = new WireWriter();
    out.text(1, function.name());
    function.inputs().forEach(input -> out.text(4, input));
    function.outputs().forEach(output -> out.text(5, output));
    function.attributes().forEach(attribute -> out.text(6, attribute));
    function.nodes().forEach(node -> out.message(7, node(node)));
    TensorWriter.opsets(out, 9, function.opsets());
    out.textUnlessEmpty(10, function.domain());
    Kept kept = Kept.attributes(function.details().unknown(), 11);
    function
        .defaults()
        .forEach((name, value) -> out.message(11, attribute(name, value, kept.part(name))));
    function.values().forEach(value -> out.message(12, TypeWriter.write(value)));
    out.textUnlessEmpty(13, function.overload());
    TensorWriter.details(out, function.details(), 8, 14, kept.rest());
    return out;
  }

  private WireWriter node(Node node) {
    var out = new WireWriter();
    node.inputs().forEach(input -> out.text(1, input));
    node.outputs().forEach(output -> out.text(2, output));
    out.textUnlessEmpty(3, node.name());
    out.text(4, node.op());
    Kept kept = Kept.attributes(node.details().unknown(), 5);
    node.attributes()
        .forEach((name, value) -> out.message(5, attribute(name, value, kept.part(name))));
    out.textUnlessEmpty(7, node.domain());
    out.textUnlessEmpty(8, node.overload());
    TensorWriter.details(out, node.details(), 6, 9, kept.rest());
    return out;
  }

  private WireWriter attribute(String name, Attribute attribute, Bytes kept) {
    var out = new WireWriter();
    if (attribute instanceof Attribute.OtherValue(Bytes bytes)) {
      out.append(bytes);
      return out;
    }
    out.text(1, name);
    out.integer(20, value(out, attribute));
    out.append(kept);
    return out;
  }

  /** Writes the value to its field and gives the code of its type. */
  private int value(WireWriter out, Attribute attribute) {
    switch (attribute) {
      case Attribute.FloatValue(float value) -> {
        out.real(2, value);
        return 1;
      }
      case Attribute.IntValue(long value) -> {
        out.integer(3, value);
        return 2;
      }
      case Attribute.StringValue(Bytes value) -> {
        out.bytes(4, value.toArray());
        return 3;
      }
      case Attribute.TensorValue(Tensor value) -> {
        out.message(5, TensorWriter.write("", value));
        return 4;
      }
      case Attribute.GraphValue(Graph value) -> {
        out.message(6, graph(value));
        return 5;
      }
      case Attribute.FloatValues(var values) -> {
        values.forEach(value -> out.real(7, value));
        return 6;
      }
      case Attribute.IntValues(var values) -> {
        values.forEach(value -> out.integer(8, value));
        return 7;
      }
      case Attribute.StringValues(var values) -> {
        values.forEach(value -> out.bytes(9, value.toArray()));
        return 8;
      }
      case Attribute.TensorValues(var values) -> {
        values.forEach(value -> out.message(10, TensorWriter.write("", value)));
        return 9;
      }
      case Attribute.GraphValues(var values) -> {
        values.forEach(value -> out.message(11, graph(value)));
        return 10;
      }
      case Attribute.SparseTensorValue(SparseTensor value) -> {
        out.message(22, TensorWriter.write("", value));
        return 11;
      }
      case Attribute.SparseTensorValues(var values) -> {
        values.forEach(value -> out.message(23, TensorWriter.write("", value)));
        return 12;
      }
      case Attribute.TypeValue(Type value) -> {
        out.message(14, TypeWriter.write(value));
        return 13;
      }
      case Attribute.TypeValues(var values) -> {
        values.forEach(value -> out.message(15, TypeWriter.write(value)));
        return 14;
      }
      case Attribute.Reference(String reference, int type) -> {
        out.text(21, reference);
        return type;
      }
      case Attribute.OtherValue other -> throw new IllegalStateException("written whole: " + other);
    }
  }
}
