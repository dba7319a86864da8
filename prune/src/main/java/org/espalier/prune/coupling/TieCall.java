package org.espalier.prune.coupling;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
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
  private final Graph graph;
  private final Shapes shapes;
  private final Ties ties;
  private final Choices choices;
  private final Balances balances;

  /** Axes that this node's rule has spoken of. */
  private final Set<Axis> spoken = new HashSet<>();

  TieCall(Node node, Graph graph, Shapes shapes, Ties ties, Choices choices, Balances balances) {
    this.node = node;
    this.graph = graph;
    this.shapes = shapes;
    this.ties = ties;
    this.choices = choices;
    this.balances = balances;
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

  /** Whether the value is stored in the model, so that it can be cut with others. */
  boolean isInitializer(String value) {
    return graph.isInitializer(value);
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
    return ties.shape(value).dim(checked(value, axis));
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

  private int spoken(String value, int axis) {
    int from0 = checked(value, axis);
    spoken.add(new Axis(value, from0));
    return from0;
  }

  /** What the rule didn't speak of must stay. */
  void finish() {
    for (List<String> values : List.of(inputs(), outputs())) {
      for (String value : values) {
        for (int axis = 0; axis < shapes.rank(value); axis++) {
          if (!spoken.contains(new Axis(value, axis))) {
            fix(value, axis, node.op() + " depends on it as it is");
          }
        }
      }
    }
  }

  /** Nothing here stands against removing indices of this axis. */
  void free(String value, int axis) {
    spoken(value, axis);
  }

  /** Two axes of one size whose equal indices go together. Where the sizes differ, both stay. */
  void same(String a, int axisA, String b, int axisB) {
    ties.same(a, spoken(a, axisA), b, spoken(b, axisB), node);
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
    ties.map(a, spoken(a, axisA), b, spoken(b, axisB), other);
  }

  /** An axis must stay as it is, with all that is tied to it. */
  void fix(String value, int axis, String reason) {
    ties.fix(value, spoken(value, axis), node.label(), reason);
  }

  /** One index of an axis must stay. */
  void fix(String value, int axis, int index, String reason) {
    ties.fix(value, spoken(value, axis), index, node.label(), reason);
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

  /** Blocks that lose as much each: whether any of their channels, rather than the same of each. */
  boolean isLoose(Balance balance) {
    return balances.isLoose(balance);
  }

  /** Notes blocks that might lose as much each. */
  void side(Balance side) {
    balances.add(side);
  }

  /** Blocks lose as much each, any of their channels. */
  void balance(Balance balance) {
    ties.balance(balance);
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
   * Ways to tie of which only one can be had, the preferred first. One is taken whose axes are not
   * fixed otherwise; where there is none, all of them are fixed.
   */
  void choose(List<Option> options) {
    options.forEach(option -> spoken.addAll(option.axes()));
    choices.add(node, options);
  }
}
