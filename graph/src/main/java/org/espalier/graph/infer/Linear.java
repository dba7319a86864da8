package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.DataType;

/** Products of matrices and sums over named indices. */
final class Linear {
  private Linear() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("MatMul", call -> multiply(call, call.element(0), 1));
    rules.put("MatMulInteger", call -> multiply(call, DataType.INT32, 1));
    rules.put("QLinearMatMul", call -> multiply(call, call.element(7), 3));
    rules.put("com.microsoft:FusedMatMul", Linear::fused);
    rules.put("com.microsoft:MatMulIntegerToFloat", call -> multiply(call, call.element(2), 1));
    rules.put("com.microsoft:DynamicQuantizeMatMul", call -> multiply(call, DataType.FLOAT, 1));
    rules.put("Gemm", Linear::gemm);
    rules.put("com.microsoft:FusedGemm", Linear::gemm);
    rules.put("Einsum", Linear::einsum);
    rules.put("Det", Linear::determinant);
  }

  private static void multiply(Call call, DataType element, int second) {
    call.element(0, element);
    Dims a = call.dimsFrom(0, 1);
    Dims b = call.dimsFrom(second, 1);
    call.dims(0, product(call, a, b, second));
  }

  private static void fused(Call call) {
    call.element(0, call.element(0));
    Dims a = swapped(call.dimsFrom(0, 1), call.node().integer("transA", 0) != 0);
    Dims b = swapped(call.dimsFrom(1, 1), call.node().integer("transB", 0) != 0);
    if (call.node().integer("transBatchA", 0) + call.node().integer("transBatchB", 0) != 0) {
      throw new Unresolved("transposed batches");
    }
    call.dims(0, product(call, a, b, 1));
  }

  private static Dims swapped(Dims dims, boolean swap) {
    return swap && dims.rank() > 1 ? dims.with(-1, dims.at(-2)).with(-2, dims.at(-1)) : dims;
  }

  private static Dims product(Call call, Dims a, Dims b, int second) {
    Size inner = b.at(b.rank() > 1 ? -2 : -1);
    if (Dims.differ(a.at(-1), inner)) {
      throw call.error(
          "input %s has rows of %s, input %s has columns of %s (shapes %s and %s)"
              .formatted(call.name(0), a.at(-1), call.name(second), inner, a, b));
    }
    Dims batch =
        a.part(0, Math.max(0, a.rank() - 2))
            .broadcast(b.part(0, Math.max(0, b.rank() - 2)))
            .orElseThrow(
                () ->
                    call.error(
                        "the batches of inputs %s of shape %s and %s of shape %s don't broadcast"
                            .formatted(call.name(0), a, call.name(second), b)));
    var sizes = new ArrayList<>(batch.sizes());
    if (a.rank() > 1) {
      sizes.add(a.at(-2));
    }
    if (b.rank() > 1) {
      sizes.add(b.at(-1));
    }
    return new Dims(sizes);
  }

  private static void gemm(Call call) {
    call.element(0, call.element(0));
    Dims a = swapped(call.dims(0, 2), call.node().integer("transA", 0) != 0);
    Dims b = swapped(call.dims(1, 2), call.node().integer("transB", 0) != 0);
    if (Dims.differ(a.at(1), b.at(0))) {
      throw call.error(
          "weight %s takes %s inputs, input %s has %s"
              .formatted(call.name(1), b.at(0), call.name(0), a.at(1)));
    }
    Dims out = Dims.of(a.at(0), b.at(1));
    if (call.isRanked(2)) {
      Dims c = call.dims(2);
      if (c.rank() > 2 || out.broadcast(c).isEmpty()) {
        throw call.error(
            "bias %s has shape %s, the product has %s".formatted(call.name(2), c, out));
      }
    }
    call.dims(0, out);
  }

  private static void determinant(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dimsFrom(0, 2);
    call.dims(0, x.part(0, x.rank() - 2));
  }

  private static void einsum(Call call) {
    call.element(0, call.element(0));
    String equation = call.node().text("equation", "").replace(" ", "");
    int arrow = equation.indexOf("->");
    String[] terms = (arrow < 0 ? equation : equation.substring(0, arrow)).split(",", -1);
    if (terms.length != call.inputs()) {
      throw call.error(
          "equation '%s' has %d terms for %d inputs"
              .formatted(equation, terms.length, call.inputs()));
    }
    var letters = new LinkedHashMap<Character, Size>();
    Dims rest = Dims.SCALAR;
    for (int k = 0; k < terms.length; k++) {
      rest = bind(call, k, terms[k], letters, rest);
    }
    String out = arrow < 0 ? implied(equation, terms) : equation.substring(arrow + 2);
    var sizes = new ArrayList<Size>();
    for (int k = 0; k < out.length(); k++) {
      if (out.startsWith("...", k)) {
        sizes.addAll(rest.sizes());
        k += 2;
      } else if (letters.containsKey(out.charAt(k))) {
        sizes.add(letters.get(out.charAt(k)));
      } else {
        throw call.error(
            "equation '%s': output index '%s' is in no input".formatted(equation, out.charAt(k)));
      }
    }
    call.dims(0, new Dims(sizes));
  }

  /** Takes sizes of indices from one input; gives the broadcast dimensions of the ellipses. */
  private static Dims bind(
      Call call, int input, String term, Map<Character, Size> letters, Dims rest) {
    Dims dims = call.dims(input);
    int ellipsis = term.indexOf("...");
    int named = ellipsis < 0 ? term.length() : term.length() - 3;
    if (ellipsis < 0 ? named != dims.rank() : named > dims.rank()) {
      throw call.error(
          "term '%s' doesn't match input %s of shape %s".formatted(term, call.name(input), dims));
    }
    int covered = dims.rank() - named;
    int axis = 0;
    for (int k = 0; k < term.length(); k++) {
      if (k == ellipsis) {
        axis += covered;
        k += 2;
        continue;
      }
      Size size = dims.at(axis++);
      Size known = letters.get(term.charAt(k));
      if (known != null && Dims.differ(known, size) && !known.is(1) && !size.is(1)) {
        throw call.error(
            "index '%s' is %s in input %s of shape %s, and %s before"
                .formatted(term.charAt(k), size, call.name(input), dims, known));
      }
      letters.put(term.charAt(k), known == null || known.is(1) ? size : Dims.better(known, size));
    }
    if (ellipsis < 0) {
      return rest;
    }
    Dims own = dims.part(ellipsis, ellipsis + covered);
    return rest.broadcast(own)
        .orElseThrow(
            () ->
                call.error(
                    "the '...' of input %s of shape %s doesn't broadcast with %s"
                        .formatted(call.name(input), dims, rest)));
  }

  /** The output's indices where the equation names none: those used once, in order. */
  private static String implied(String equation, String[] terms) {
    String all = String.join("", terms);
    var out = new StringBuilder(equation.contains("...") ? "..." : "");
    all.chars()
        .filter(c -> c != '.' && all.indexOf(c) == all.lastIndexOf(c))
        .sorted()
        .forEach(c -> out.append((char) c));
    return out.toString();
  }
}
