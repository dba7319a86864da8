package org.espalier.prune.coupling;

import static java.util.Map.entry;

import java.util.Map;
import org.espalier.graph.Node;

/** Matrix products: the inner axis is read, the outer ones are made. */
final class ProductTies {
  private ProductTies() {}

  static Map<String, TieRule> rules() {
    return Map.ofEntries(entry("Gemm", ProductTies::gemm), entry("MatMul", ProductTies::matMul));
  }

  private static void gemm(TieCall call) {
    Node node = call.node();
    String a = call.input(0);
    String b = call.input(1);
    String y = call.output(0);
    int rows = node.integer("transA", 0) == 0 ? 0 : 1;
    int columns = node.integer("transB", 0) == 0 ? 1 : 0;
    call.same(a, rows, y, 0);
    call.same(b, columns, y, 1);
    contracted(call, a, 1 - rows, b, 1 - columns);
    call.makes(a, rows);
    call.makes(b, columns);
    if (call.has(2)) {
      call.broadcast(call.input(2), y);
    }
  }

  private static void matMul(TieCall call) {
    product(call, call.input(0), call.input(1), call.output(0));
  }

  /** {@code y = a b}, batched and broadcast as NumPy does it. */
  static void product(TieCall call, String a, String b, String y) {
    int rankA = call.rank(a);
    int rankB = call.rank(b);
    contracted(call, a, rankA - 1, b, rankB == 1 ? 0 : rankB - 2);
    if (rankA > 1) {
      call.same(a, rankA - 2, y, rankB == 1 ? -1 : -2);
      call.makes(a, rankA - 2);
    }
    if (rankB > 1) {
      call.same(b, rankB - 1, y, -1);
      call.makes(b, rankB - 1);
    }
    int skipped = (rankA > 1 ? 1 : 0) + (rankB > 1 ? 1 : 0);
    batch(call, a, y, skipped);
    batch(call, b, y, skipped);
  }

  private static void batch(TieCall call, String operand, String y, int skipped) {
    for (int k = 1; k <= call.rank(operand) - 2; k++) {
      if (!call.isOne(operand, -2 - k) || call.isOne(y, -skipped - k)) {
        call.same(operand, -2 - k, y, -skipped - k);
      }
    }
  }

  private static void contracted(TieCall call, String a, int axisA, String b, int axisB) {
    call.same(a, axisA, b, axisB);
    call.reads(a, axisA);
    call.reads(b, axisB);
    if (call.isInitializer(a) && call.isInitializer(b)) {
      call.makes(a, axisA); // a stored table of positions, multiplied by the weight
    }
  }
}
