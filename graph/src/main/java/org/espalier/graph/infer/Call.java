package org.espalier.graph.infer;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * One node as a rule sees it: its attributes, what is known of its inputs, and a place for what
 * becomes known of its outputs.
 */
final class Call {
  private final Node node;
  private final long opset;
  private final List<Fact> inputs;
  private final Fact[] outputs;
  private final Body body;

  /** Infers a graph among the node's attributes. */
  @FunctionalInterface
  interface Body {
    List<Fact> infer(Graph graph, List<Fact> inputs);
  }

  Call(Node node, long opset, List<Fact> inputs, Body body) {
    this.node = node;
    this.opset = opset;
    this.inputs = inputs;
    this.body = body;
    this.outputs = new Fact[node.outputs().size()];
    Arrays.fill(outputs, Fact.UNKNOWN);
  }

  Node node() {
    return node;
  }

  /** The version of the operator set that the node is of. */
  long opset() {
    return opset;
  }

  int inputs() {
    return inputs.size();
  }

  int outputs() {
    return outputs.length;
  }

  /** Whether optional input {@code index} is there. */
  boolean has(int index) {
    return node.input(index).isPresent();
  }

  Fact fact(int index) {
    return index < inputs.size() ? inputs.get(index) : Fact.UNKNOWN;
  }

  /** The name of an input, quoted, for a message. */
  String name(int index) {
    return node.input(index).map(name -> "'" + name + "'").orElse("(absent)");
  }

  private void require(int index) {
    if (!has(index)) {
      throw error("has no input " + index + ", which " + node.op() + " needs");
    }
  }

  /** An input's element type, null where it isn't known. */
  DataType element(int index) {
    require(index);
    return fact(index).element();
  }

  boolean isRanked(int index) {
    return fact(index).dims() != null;
  }

  /** An input's dimensions; ends the rule where not even their number is known. */
  Dims dims(int index) {
    require(index);
    Dims dims = fact(index).dims();
    if (dims == null) {
      throw new Unresolved("the rank of input " + name(index) + " isn't known");
    }
    return dims;
  }

  /** An input's dimensions, which must be {@code rank}. */
  Dims dims(int index, int rank) {
    Dims dims = dims(index);
    if (dims.rank() != rank) {
      throw error(
          "input %s has shape %s, expected %d dimensions".formatted(name(index), dims, rank));
    }
    return dims;
  }

  /** An input's dimensions, which must be {@code rank} or more. */
  Dims dimsFrom(int index, int rank) {
    Dims dims = dims(index);
    if (dims.rank() < rank) {
      throw error(
          "input %s has shape %s, expected %d dimensions or more"
              .formatted(name(index), dims, rank));
    }
    return dims;
  }

  /** An input's elements as far as they are known. */
  Optional<Size[]> entries(int index) {
    return fact(index).entries();
  }

  /** An input's elements as far as they are known; ends the rule where none is. */
  Size[] entriesOf(int index, String what) {
    require(index);
    return entries(index)
        .orElseThrow(
            () -> new Unresolved("the " + what + " in input " + name(index) + " aren't known"));
  }

  /** An input's elements as numbers; ends the rule where one isn't known. */
  long[] numbers(int index, String what) {
    Size[] entries = entriesOf(index, what);
    var numbers = new long[entries.length];
    for (int k = 0; k < numbers.length; k++) {
      if (entries[k] == null || !entries[k].isFixed()) {
        throw new Unresolved("the " + what + " in input " + name(index) + " aren't all known");
      }
      numbers[k] = entries[k].fixed();
    }
    return numbers;
  }

  /** An input's contents, where all are known. */
  Optional<Tensor> tensor(int index) {
    return fact(index).tensor();
  }

  /**
   * Integers that are an attribute in old opsets and an input in new ones; empty where neither is
   * given.
   */
  Optional<long[]> numbers(String attribute, int input) {
    Optional<long[]> given = integers(attribute);
    return given.isPresent() || !has(input) ? given : Optional.of(numbers(input, attribute));
  }

  /** The attribute as integers; a single one is a list of one. */
  private Optional<long[]> integers(String attribute) {
    return node.attribute(attribute).orElse(null) instanceof Attribute.IntValue(long value)
        ? Optional.of(new long[] {value})
        : node.integers(attribute);
  }

  /** An axis counted from the front. */
  int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw error("axis %d, but there are %d dimensions".formatted(axis, rank));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  int axisAttribute(long otherwise, int rank) {
    return axis(node.integer("axis", otherwise), rank);
  }

  /** Axes as flags, none of them twice. */
  boolean[] axes(long[] axes, int rank) {
    var chosen = new boolean[rank];
    for (long axis : axes) {
      int k = axis(axis, rank);
      if (chosen[k]) {
        throw error("axis " + axis + " is given twice in " + Arrays.toString(axes));
      }
      chosen[k] = true;
    }
    return chosen;
  }

  /** An element type given as its code in an attribute; 0 means not given. */
  DataType elementAttribute(String key, DataType otherwise) {
    long code = node.integer(key, 0);
    return code == 0
        ? otherwise
        : DataType.ofCode(code)
            .orElseThrow(() -> error("attribute '" + key + "' names element type " + code));
  }

  /** Sets an output's element type; null leaves it open. */
  void element(int output, DataType element) {
    if (output < outputs.length) {
      Fact known = outputs[output];
      outputs[output] = new Fact(element, known.dims(), known.contents());
    }
  }

  /** Sets an output's dimensions. */
  void dims(int output, Dims dims) {
    if (output >= outputs.length) {
      return;
    }
    for (Size size : dims.sizes()) {
      if (size.isFixed() && size.fixed() < 0) {
        throw error("output %d would have shape %s".formatted(output, text(dims)));
      }
    }
    Fact known = outputs[output];
    outputs[output] = new Fact(known.element(), dims, known.contents());
  }

  private static String text(Dims dims) {
    return dims.sizes().toString(); // toDim() refuses the negative size that is to be told
  }

  void set(int output, DataType element, Dims dims) {
    element(output, element);
    dims(output, dims);
  }

  /** Sets an output's elements, as far as they are known; null entries aren't. */
  void entries(int output, Size... entries) {
    if (entries.length <= Contents.LIMIT) {
      contents(output, new Contents.Symbolic(entries));
    }
  }

  void contents(int output, Contents contents) {
    if (output < outputs.length) {
      outputs[output] = new Fact(outputs[output].element(), outputs[output].dims(), contents);
    }
  }

  void set(int output, Fact fact) {
    if (output < outputs.length) {
      outputs[output] = fact;
    }
  }

  List<Fact> infer(Graph graph, List<Fact> arguments) {
    return body.infer(graph, arguments);
  }

  List<Fact> results() {
    return List.of(outputs);
  }

  /** A text attribute that must be one of a few. */
  String choice(String attribute, String otherwise, Set<String> known) {
    String chosen = node().text(attribute, otherwise);
    if (!known.contains(chosen)) {
      throw error(
          "attribute '%s' is '%s', expected one of %s"
              .formatted(attribute, chosen, new TreeSet<>(known)));
    }
    return chosen;
  }

  InvalidInputException error(String message) {
    return new InvalidInputException("node '%s': %s".formatted(node.label(), message));
  }
}
