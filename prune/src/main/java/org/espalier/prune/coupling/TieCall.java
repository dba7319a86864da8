package org.espalier.prune.coupling;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntUnaryOperator;
import org.espalier.graph.Dim;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/**
 * A node of the view whose ties a rule states. Axes may be negative, counted from the end.
 *
 * <p>What is asked for and isn't known, such as the rank of a value, ends the rule: the node then
 * freezes all that it touches.
 */
final class TieCall {
  private final Node node;
  private final Shapes shapes;
  private final Ties ties;
  private final Choices choices;

  TieCall(Node node, Shapes shapes, Ties ties, Choices choices) {
    this.node = node;
    this.shapes = shapes;
    this.ties = ties;
    this.choices = choices;
  }

  Node node() {
    return node;
  }

  Shapes shapes() {
    return shapes;
  }

  boolean has(int input) {
    return node.input(input).isPresent();
  }

  /** The name of an input that must be there. */
  String input(int k) {
    return node.input(k).orElseThrow(() -> new Refusal("it has no input " + k));
  }

  /** The name of an output that must be there. */
  String output(int k) {
    return node.output(k).orElseThrow(() -> new Refusal("it has no output " + k));
  }

  /** The names of all inputs that are there. */
  List<String> inputs() {
    return node.inputs().stream().filter(name -> !name.isEmpty()).toList();
  }

  /** The names of all outputs that are there. */
  List<String> outputs() {
    return node.outputs().stream().filter(name -> !name.isEmpty()).toList();
  }

  int rank(String value) {
    int rank = shapes.rank(value);
    if (rank < 0) {
      throw new Refusal("the rank of '" + value + "' isn't known");
    }
    return rank;
  }

  /** The size of an axis: a number, an expression or unknown. */
  Dim dim(String value, int axis) {
    return shapes.shape(value).orElseThrow().dim(checked(value, axis));
  }

  /** The size of an axis that must be a number. */
  int size(String value, int axis) {
    long size = dim(value, axis).sizeOr(-1);
    if (size < 0 || size > Integer.MAX_VALUE) {
      throw new Refusal("axis %d of '%s' has size %s".formatted(axis, value, dim(value, axis)));
    }
    return (int) size;
  }

  /** How many indices an axis has that channels can run along; for one of open size, its period. */
  int extent(String value, int axis) {
    return ties.extent(value, checked(value, axis));
  }

  /** Whether the axis has size 1, so that it's repeated where others are longer. */
  boolean isOne(String value, int axis) {
    return dim(value, axis).sizeOr(-1) == 1;
  }

  /** The contents of an input, where the model decides them. */
  Optional<Tensor> constant(int input) {
    return node.input(input).flatMap(shapes::constant);
  }

  /** The integers of an input that must be known. */
  long[] integers(int input) {
    return constant(input)
        .map(Tensor::integers)
        .orElseThrow(() -> new Refusal("its input '" + input(input) + "' isn't constant"));
  }

  /** The attribute {@code key} as an axis of something of this rank, from 0. */
  int axis(String key, long otherwise, int rank) {
    return normal(node.integer(key, otherwise), rank);
  }

  /** An axis of something of this rank, counted from 0. */
  int normal(long axis, int rank) {
    long found = axis < 0 ? axis + rank : axis;
    if (found < 0 || found >= rank) {
      throw new Refusal("axis %d of something of rank %d".formatted(axis, rank));
    }
    return (int) found;
  }

  private int checked(String value, int axis) {
    return normal(axis, rank(value));
  }

  /** Two axes of one size whose equal indices go together. Where the sizes differ, both stay. */
  void same(String a, int axisA, String b, int axisB) {
    ties.same(a, checked(a, axisA), b, checked(b, axisB), node);
  }

  /** All axes of two values of one shape. */
  void same(String a, String b) {
    if (rank(a) != rank(b)) {
      throw new Refusal("'%s' has rank %d, '%s' %d".formatted(a, rank(a), b, rank(b)));
    }
    for (int axis = 0; axis < rank(a); axis++) {
      same(a, axis, b, axis);
    }
  }

  /**
   * An operand of an elementwise operator: right-aligned, its axes are the output's, but for those
   * of size 1 that are repeated.
   */
  void broadcast(String operand, String output) {
    int rank = rank(operand);
    for (int k = 1; k <= rank; k++) {
      if (k > rank(output)) {
        fix(operand, -k, "an axis that the result hasn't got");
      } else if (!isOne(operand, -k) || isOne(output, -k)) {
        same(operand, -k, output, -k);
      }
    }
  }

  /**
   * Ties index {@code i} of one axis with index {@code other(i)} of another; a negative one ties
   * nothing.
   */
  void map(String a, int axisA, String b, int axisB, IntUnaryOperator other) {
    ties.map(a, checked(a, axisA), b, checked(b, axisB), other);
  }

  /** An axis must stay as it is, with all that is tied to it. */
  void fix(String value, int axis, String reason) {
    ties.fix(value, checked(value, axis), node.label(), reason);
  }

  /** One index of an axis must stay. */
  void fix(String value, int axis, int index, String reason) {
    ties.fix(value, checked(value, axis), index, node.label(), reason);
  }

  /** All axes of a value must stay. */
  void fix(String value, String reason) {
    for (int axis = 0; axis < shapes.rank(value); axis++) {
      fix(value, axis, reason);
    }
  }

  /** All that the node touches must stay. */
  void freeze(String reason) {
    inputs().forEach(value -> fix(value, reason));
    outputs().forEach(value -> fix(value, reason));
  }

  /** The channels along this axis are made here: a weight's rows, a bias, a scale. */
  void makes(String value, int axis) {
    ties.makes(value, checked(value, axis));
  }

  /** The channels along this axis are read here: a weight's columns, which are summed over. */
  void reads(String value, int axis) {
    ties.reads(value, checked(value, axis));
  }

  /**
   * Ways to tie of which only one can be had, the preferred first. The first is taken whose axes
   * are not all fixed otherwise; the last resort is to fix them all.
   */
  void choose(List<Option> options) {
    choices.add(node, options);
  }

  /** The extent of the axis along which something can be divided, where it is a number. */
  OptionalInt fixedSize(String value, int axis) {
    long size = dim(value, axis).sizeOr(-1);
    return size < 0 || size > Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of((int) size);
  }
}
