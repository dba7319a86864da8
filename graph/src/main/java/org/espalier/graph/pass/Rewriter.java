package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;

/**
 * What a rule writes to: it takes a node's replacement, node by node, and hands out fresh names and
 * constants. Nodes come out in ONNX's newest operators, whatever {@link #opset} the node was read
 * in.
 */
final class Rewriter {
  private final Rewriting rewriting;
  private final long opset;
  private final Node replaced;
  private final List<Node> nodes = new ArrayList<>();

  Rewriter(Rewriting rewriting, long opset, Node replaced) {
    this.rewriting = rewriting;
    this.opset = opset;
    this.replaced = replaced;
  }

  /** What was written so far. */
  List<Node> nodes() {
    return nodes;
  }

  /** Whether the operator is to stay as it is. */
  boolean keeps(String op) {
    return rewriting.keeps(op);
  }

  /** Whether anything reads the value. */
  boolean isUsed(String value) {
    return rewriting.isUsed(value);
  }

  /** The version of ONNX's operators that the node is written in. */
  long opset() {
    return opset;
  }

  /** Takes a node as it is. */
  void emit(Node node) {
    nodes.add(node);
  }

  /** The node under another operator of ONNX's own set, inputs and outputs unchanged. */
  void emitAs(String op, Node node) {
    emit(
        new Node(
            node.name(),
            op,
            "",
            "",
            node.inputs(),
            node.outputs(),
            node.attributes(),
            node.details()));
  }

  /** A new operator on these values; returns the name of its result. */
  String add(String op, String... inputs) {
    return add(op, Map.of(), inputs);
  }

  String add(String op, Map<String, Attribute> attributes, String... inputs) {
    String output = fresh(op);
    emit(Node.of(op, trimmed(inputs), List.of(output), attributes));
    return output;
  }

  /** The last operator of a replacement: it makes the first output of the node replaced. */
  void finish(String op, String... inputs) {
    finish(op, Map.of(), inputs);
  }

  void finish(String op, Map<String, Attribute> attributes, String... inputs) {
    emit(
        new Node(
            replaced.name(),
            op,
            "",
            "",
            trimmed(inputs),
            List.of(replaced.outputs().getFirst()),
            attributes,
            replaced.details()));
  }

  /** Gives a value the name of output {@code index} of the node replaced, where it has one. */
  void output(int index, String value) {
    replaced.output(index).ifPresent(o -> emit(Node.of("Identity", List.of(value), List.of(o))));
  }

  /** Absent inputs at the end are not written. */
  private static List<String> trimmed(String... inputs) {
    int length = inputs.length;
    while (length > 0 && inputs[length - 1].isEmpty()) {
      length--;
    }
    return List.of(inputs).subList(0, length);
  }

  /** A name for a value of the replacement. */
  String fresh(String hint) {
    String base = replaced.outputs().stream().filter(o -> !o.isEmpty()).findFirst().orElse("");
    return rewriting.names().fresh(base + "/" + hint);
  }

  /** A vector of integers. */
  String ints(long... values) {
    return constant(Tensor.of(values, values.length));
  }

  String constant(Tensor tensor) {
    return rewriting.constant(tensor);
  }

  /** A scalar of the type of {@code value}. */
  String scalar(double number, String value) {
    Optional<DataType> type = type(value);
    return type.isPresent()
        ? constant(Scalars.of(type.get(), number))
        : add("CastLike", constant(Scalars.of(DataType.FLOAT, number)), value);
  }

  String scalar(double number, DataType type) {
    return constant(Scalars.of(type, number));
  }

  String cast(String value, DataType to) {
    return type(value).filter(to::equals).isPresent()
        ? value
        : add("Cast", Map.of("to", Attribute.of(to.code())), value);
  }

  /** {@code value} in the element type of {@code other}. */
  String castLike(String value, String other) {
    Optional<DataType> type = type(other);
    return type.isPresent() ? cast(value, type.get()) : add("CastLike", value, other);
  }

  /** The element type of a value, where known. */
  Optional<DataType> type(String value) {
    return rewriting.type(value);
  }

  Optional<Shape> shape(String value) {
    return rewriting.shape(value);
  }

  OptionalInt rank(String value) {
    return shape(value).map(shape -> OptionalInt.of(shape.rank())).orElse(OptionalInt.empty());
  }

  /** The size of an axis, or -1 where it is not a known number. */
  long size(String value, int axis) {
    return shape(value)
        .filter(shape -> axis < shape.rank() && axis >= -shape.rank())
        .map(shape -> shape.dim(axis))
        .map((Dim dim) -> dim.sizeOr(-1))
        .orElse(-1L);
  }

  /** The content of a value, where the file fixes it. */
  Optional<Tensor> content(String value) {
    return rewriting.content(value);
  }

  /** The axes of {@code value} from {@code start} to {@code end} of its shape, as a vector. */
  String sizes(String value, long start, long end) {
    return add("Shape", Map.of("start", Attribute.of(start), "end", Attribute.of(end)), value);
  }

  /** Joins vectors. */
  String join(String... vectors) {
    return add("Concat", Map.of("axis", Attribute.of(0)), vectors);
  }
}
