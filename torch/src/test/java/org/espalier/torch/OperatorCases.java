package org.espalier.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;

/**
 * Small applications of each operator, in double precision, with sizes that are odd or prime: what
 * their gradients are checked on. Inputs that are not doubles are not differentiated.
 */
abstract class OperatorCases {
  private final SeededRandom random;
  private final Map<String, List<OperatorCase>> cases = new HashMap<>();

  OperatorCases(SeededRandom random) {
    this.random = random;
  }

  /** All cases, by operator. */
  static Map<String, List<OperatorCase>> of(SeededRandom random) {
    var all = new HashMap<String, List<OperatorCase>>();
    for (OperatorCases some : List.of(new ElementCases(random), new LayerCases(random))) {
      some.addAll();
      some.cases.forEach(
          (op, several) -> all.computeIfAbsent(op, _ -> new ArrayList<>()).addAll(several));
    }
    return all;
  }

  abstract void addAll();

  final void add(OperatorCase... several) {
    for (OperatorCase one : several) {
      cases.computeIfAbsent(one.op(), op -> new ArrayList<>()).add(one);
    }
  }

  static OperatorCase on(String op, Tensor... inputs) {
    return new OperatorCase(op, Map.of(), Arrays.asList(inputs), 1);
  }

  /** Standard normal doubles. */
  final Tensor real(long... dims) {
    return real(x -> x, dims);
  }

  final Tensor real(DoubleUnaryOperator map, long... dims) {
    double[] values = new double[(int) Tensor.elements(dims)];
    Arrays.setAll(values, k -> map.applyAsDouble(random.nextGaussian()));
    return dims.length == 0 ? Tensor.of(values).reshape() : Tensor.of(values, dims);
  }

  final Tensor positive(long... dims) {
    return real(x -> Math.abs(x) + 0.3, dims);
  }

  static Tensor ints(long... values) {
    return Tensor.of(values);
  }

  final void unary(DoubleUnaryOperator map, String... ops) {
    for (String op : ops) {
      add(on(op, real(map, 3, 5)));
    }
  }
}
