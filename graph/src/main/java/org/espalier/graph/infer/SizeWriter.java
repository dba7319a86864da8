package org.espalier.graph.infer;

import java.util.SortedMap;

/** Writes a size so that {@link SizeParser} reads it back: {@code N*M + 2*N - 3}. */
final class SizeWriter {
  private SizeWriter() {}

  static String write(Size size) {
    if (size.isFixed()) {
      return Long.toString(size.fixed());
    }
    SortedMap<Product, Long> variable = size.terms().headMap(Product.ONE);
    long constant = size.terms().getOrDefault(Product.ONE, 0L);
    var text = new StringBuilder();
    // 5 - N rather than -N + 5
    boolean constantFirst = constant > 0 && variable.values().stream().allMatch(c -> c < 0);
    append(text, Product.ONE, constantFirst ? constant : 0);
    variable.forEach((product, c) -> append(text, product, Math.max(c, 0)));
    variable.forEach((product, c) -> append(text, product, Math.min(c, 0)));
    append(text, Product.ONE, constantFirst ? 0 : constant);
    return text.toString();
  }

  private static void append(StringBuilder text, Product product, long coefficient) {
    if (coefficient == 0) {
      return;
    }
    if (coefficient < 0) {
      text.append(text.isEmpty() ? "-" : " - ");
    } else {
      text.append(text.isEmpty() ? "" : " + ");
    }
    String magnitude = Long.toString(coefficient).replace("-", "");
    if (product.isOne()) {
      text.append(magnitude);
    } else {
      text.append(magnitude.equals("1") ? "" : magnitude + "*").append(product);
    }
  }
}
