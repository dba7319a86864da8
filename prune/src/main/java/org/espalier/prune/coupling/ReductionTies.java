package org.espalier.prune.coupling;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reductions. The axes that stay are the result's. Channels may be taken from one that is reduced:
 * sums, means and largest values are then those of the channels that are left, as in a
 * normalisation. Positions along an axis, as ArgMax and TopK give them, must stay.
 */
final class ReductionTies {
  private static final List<String> REDUCTIONS =
      List.of(
          "ReduceL1",
          "ReduceL2",
          "ReduceLogSum",
          "ReduceLogSumExp",
          "ReduceMax",
          "ReduceMean",
          "ReduceMin",
          "ReduceProd",
          "ReduceSum",
          "ReduceSumSquare");

  private static final List<String> ALONG = List.of("CumSum", "CumProd", "TopK");

  private ReductionTies() {}

  static Map<String, TieRule> rules() {
    var rules = new HashMap<String, TieRule>();
    REDUCTIONS.forEach(op -> rules.put(op, ReductionTies::reduce));
    ALONG.forEach(op -> rules.put(op, ReductionTies::along));
    rules.put("DFT", ReductionTies::transform);
    rules.put("ArgMax", ReductionTies::position);
    rules.put("ArgMin", ReductionTies::position);
    return rules;
  }

  private static void reduce(TieCall call) {
    String x = call.input(0);
    int rank = call.rank(x);
    Set<Integer> reduced =
        call.has(1)
            ? Arrays.stream(call.integers(1))
                .mapToObj(axis -> call.normal(axis, rank))
                .collect(Collectors.toSet())
            : Set.of();
    if (reduced.isEmpty() && call.node().integer("noop_with_empty_axes", 0) == 0) {
      reduced = IntStream.range(0, rank).boxed().collect(Collectors.toSet());
    }
    if (call.has(1)) {
      call.fix(call.input(1), "the axes of a reduction");
    }
    reduced.forEach(axis -> call.free(x, axis));
    others(call, x, reduced);
  }

  private static void others(TieCall call, String x, Set<Integer> reduced) {
    boolean kept = call.node().integer("keepdims", 1) != 0;
    String y = call.output(0);
    int next = 0;
    for (int axis = 0; axis < call.rank(x); axis++) {
      if (!reduced.contains(axis)) {
        call.same(x, axis, y, kept ? axis : next++);
      } else if (kept) {
        call.free(y, axis);
      }
    }
  }

  private static void position(TieCall call) {
    String x = call.input(0);
    int axis = call.axis("axis", 0, call.rank(x));
    call.fix(x, axis, "positions along it are counted");
    others(call, x, Set.of(axis));
  }

  /** What depends on the order or number of entries along one axis. */
  private static void along(TieCall call) {
    String x = call.input(0);
    int rank = call.rank(x);
    int axis =
        call.node().op().startsWith("Cum")
            ? call.normal(call.integers(1)[0], rank)
            : call.axis("axis", -1, rank);
    String reason = call.node().op() + " runs along it";
    call.fix(x, axis, reason);
    for (String y : call.outputs()) {
      for (int k = 0; k < rank; k++) {
        if (k == axis) {
          call.fix(y, k, reason);
        } else {
          call.same(x, k, y, k);
        }
      }
    }
  }

  /** Other axes than the one transformed, and than the last: a number, or its two parts. */
  private static void transform(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    int rank = call.rank(x);
    int axis = call.normal(call.has(2) ? call.integers(2)[0] : -2, rank);
    String reason = "a Fourier transform runs along it";
    for (int k = 0; k < rank; k++) {
      if (k == axis || k == rank - 1) {
        call.fix(x, k, reason);
        call.fix(y, k, reason);
      } else {
        call.same(x, k, y, k);
      }
    }
    for (int input = 1; input < 3; input++) {
      if (call.has(input)) {
        call.fix(call.input(input), "says how a Fourier transform runs");
      }
    }
  }
}
