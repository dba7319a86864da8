package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Einstein's summation: every label is a loop, and each element of the result is a sum over the
 * labels that it doesn't have. An ellipsis is spelled out as labels of its own, the digits.
 */
final class Einsum {
  private final Call call;
  private final List<String> terms = new ArrayList<>();
  private final Map<Character, Long> sizes = new LinkedHashMap<>();
  private final String output;

  private Einsum(Call call) {
    this.call = call;
    String equation = call.node().text("equation", "").replace(" ", "");
    String[] sides = equation.split("->", -1);
    String[] given = sides[0].split(",", -1);
    if (sides.length > 2 || given.length != call.inputs().size()) {
      throw call.invalid("equation '%s' for %d inputs".formatted(equation, call.inputs().size()));
    }
    int widest = 0;
    for (int k = 0; k < given.length; k++) {
      if (given[k].contains("...")) {
        widest = Math.max(widest, call.input(k).rank() - (given[k].length() - 3));
      }
    }
    for (int k = 0; k < given.length; k++) {
      int covered = call.input(k).rank() - (given[k].length() - 3);
      terms.add(spelled(given[k], covered, widest));
      measure(terms.get(k), call.input(k));
    }
    output = sides.length == 2 ? spelled(sides[1], widest, widest) : implicit(widest);
    for (int k = 0; k < output.length(); k++) {
      char label = output.charAt(k);
      if (!sizes.containsKey(label) || output.indexOf(label) != output.lastIndexOf(label)) {
        throw call.invalid("equation '%s': label '%s'".formatted(equation, label));
      }
    }
  }

  static void register(Map<String, Rule> rules) {
    rules.put("Einsum", call -> List.of(new Einsum(call).evaluate()));
  }

  /** The term with the last {@code covered} of the ellipsis's labels, 0 to widest - 1. */
  private String spelled(String term, int covered, int widest) {
    if (!term.contains("...")) {
      return term;
    }
    if (widest > 10) {
      throw call.unsupported("an ellipsis over %d axes".formatted(widest));
    }
    return term.replace("...", "0123456789".substring(widest - covered, widest));
  }

  private void measure(String term, Tensor x) {
    if (term.length() != x.rank()) {
      throw call.invalid("term '%s' for %s".formatted(term, x));
    }
    for (int axis = 0; axis < term.length(); axis++) {
      long size = x.dim(axis);
      long known = sizes.merge(term.charAt(axis), size, (a, b) -> a == 1 ? b : a);
      if (size != known && size != 1) {
        throw call.invalid("label '%s' is %d and %d".formatted(term.charAt(axis), known, size));
      }
    }
  }

  /** Without an arrow: the ellipsis, then the labels that occur once, in alphabetical order. */
  private String implicit(int widest) {
    String all = String.join("", terms);
    var labels = new StringBuilder("0123456789".substring(0, widest));
    sizes.keySet().stream()
        .filter(label -> Character.isLetter(label) && all.indexOf(label) == all.lastIndexOf(label))
        .sorted()
        .forEach(labels::append);
    return labels.toString();
  }

  private Tensor evaluate() {
    DataType type = call.input(0).type();
    var summed = new StringBuilder();
    sizes.keySet().stream().filter(label -> output.indexOf(label) < 0).forEach(summed::append);
    String labels = output + summed;
    int[] dims = labels.chars().map(c -> Math.toIntExact(sizes.get((char) c))).toArray();
    int[][] strides = new int[terms.size()][labels.length()];
    for (int k = 0; k < strides.length; k++) {
      Tensor x = call.input(k);
      if (x.type() != type || (!type.isFloat() && !type.isInteger())) {
        throw call.unsupported(x.type());
      }
      long[] own = Strided.rowMajor(x.dims());
      for (int axis = 0; axis < own.length; axis++) {
        if (x.dim(axis) != 1) {
          // A label may stand twice in a term: then it walks the diagonal.
          strides[k][labels.indexOf(terms.get(k).charAt(axis))] += Math.toIntExact(own[axis]);
        }
      }
    }
    Tensor y =
        Tensor.allocate(type, output.chars().mapToLong(label -> sizes.get((char) label)).toArray());
    if (type.isFloat()) {
      reals(y, dims, strides);
    } else {
      integers(y, dims, strides);
    }
    return y;
  }

  private void reals(Tensor y, int[] dims, int[][] strides) {
    double[][] x = new double[strides.length][];
    for (int k = 0; k < x.length; k++) {
      x[k] = new double[Math.toIntExact(call.input(k).size())];
      Lanes.read(call.input(k), 0, 1, x[k], x[k].length);
    }
    double[] sum = new double[1];
    walk(
        dims,
        strides,
        at -> {
          double product = 1;
          for (int k = 0; k < x.length; k++) {
            product *= x[k][at[k]];
          }
          sum[0] += product;
        },
        index -> {
          Lanes.write(y, index, sum, 1);
          sum[0] = 0;
        });
  }

  private void integers(Tensor y, int[] dims, int[][] strides) {
    long[][] x = new long[strides.length][];
    for (int k = 0; k < x.length; k++) {
      x[k] = new long[Math.toIntExact(call.input(k).size())];
      Lanes.read(call.input(k), 0, 1, x[k], x[k].length);
    }
    long[] sum = new long[1];
    walk(
        dims,
        strides,
        at -> {
          long product = 1;
          for (int k = 0; k < x.length; k++) {
            product *= x[k][at[k]];
          }
          sum[0] += product;
        },
        index -> {
          Lanes.write(y, index, sum, 1);
          sum[0] = 0;
        });
  }

  /**
   * All labels, those of the output outermost.
   *
   * @param add is told where each factor of a term lies
   * @param store is told which element of the result has its sum
   */
  private void walk(int[] dims, int[][] strides, Consumer<int[]> add, LongConsumer store) {
    long outer = 1;
    long inner = 1;
    for (int k = 0; k < dims.length; k++) {
      if (k < output.length()) {
        outer *= dims[k];
      } else {
        inner *= dims[k];
      }
    }
    int[] at = new int[strides.length];
    int[] index = new int[dims.length];
    for (long row = 0; row < outer; row++) {
      for (long column = 0; column < inner; column++) {
        add.accept(at);
        step(dims, strides, at, index, output.length(), dims.length);
      }
      store.accept(row);
      step(dims, strides, at, index, 0, output.length());
    }
  }

  /** Advances the innermost of the labels from {@code first} up to but not {@code end}. */
  private static void step(int[] dims, int[][] strides, int[] at, int[] index, int first, int end) {
    for (int axis = end - 1; axis >= first; axis--) {
      boolean carries = ++index[axis] == dims[axis];
      for (int k = 0; k < at.length; k++) {
        at[k] += carries ? -strides[k][axis] * (dims[axis] - 1) : strides[k][axis];
      }
      if (!carries) {
        return;
      }
      index[axis] = 0;
    }
  }
}
