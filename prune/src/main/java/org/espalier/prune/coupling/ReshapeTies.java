package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.espalier.graph.infer.Block;
import org.espalier.graph.infer.Block.Factor;

/**
 * Reshape and Flatten. Neighbouring axes of equal product are a block, which is divided into the
 * factors that the boundaries on both sides cut it into. Where a block has several, channels can
 * run along one of them: {@code [B, L, 768] -> [B, L, 12, 64]} gives up whole heads, or the same
 * dimensions of all heads.
 */
final class ReshapeTies {
  private final Granularity granularity;

  ReshapeTies(Granularity granularity) {
    this.granularity = granularity;
  }

  Map<String, TieRule> rules() {
    return Map.of("Reshape", this::reshape, "Flatten", this::reshape);
  }

  private void reshape(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    call.rank(x);
    call.rank(y);
    for (Block block : call.shapes().blocks(x, y)) {
      var options = new ArrayList<Option>();
      for (Factor factor : block.factors()) {
        List<Axis> axes = List.of(new Axis(x, factor.axis()), new Axis(y, factor.otherAxis()));
        options.add(new Option(axes, true, () -> along(call, x, y, block, factor)));
      }
      for (int axis = block.from(); axis < block.to(); axis++) {
        int at = axis;
        along(call, x, axis, block.factors().stream().anyMatch(factor -> factor.axis() == at));
      }
      for (int axis = block.otherFrom(); axis < block.otherTo(); axis++) {
        int at = axis;
        boolean any = block.factors().stream().anyMatch(factor -> factor.otherAxis() == at);
        along(call, y, axis, any);
      }
      if (options.size() == 1) {
        options.getFirst().apply().run();
      } else if (!options.isEmpty()) {
        call.choose(granularity == Granularity.HEADS ? options.reversed() : options);
      }
    }
  }

  /** An axis that no channel can run along stays. */
  private static void along(TieCall call, String value, int axis, boolean any) {
    if (any || call.extent(value, axis) == 1) {
      call.free(value, axis);
    } else {
      call.fix(value, axis, "a Reshape divides it otherwise than it could be pruned");
    }
  }

  /** Channels run along one factor of both sides; all other axes of the block stay. */
  private static void along(TieCall call, String x, String y, Block block, Factor factor) {
    int size = (int) factor.size();
    int inner = (int) factor.inner();
    int otherInner = (int) factor.otherInner();
    int a = factor.axis();
    int b = factor.otherAxis();
    call.map(x, a, x, a, k -> k / inner % size * inner);
    call.map(y, b, y, b, k -> k / otherInner % size * otherInner);
    call.map(x, a, y, b, k -> k / inner % size * otherInner);
    String reason = "a Reshape divides it, and another factor is pruned";
    for (int axis = block.from(); axis < block.to(); axis++) {
      if (axis != a && call.extent(x, axis) > 1) {
        call.fix(x, axis, reason);
      }
    }
    for (int axis = block.otherFrom(); axis < block.otherTo(); axis++) {
      if (axis != b && call.extent(y, axis) > 1) {
        call.fix(y, axis, reason);
      }
    }
  }
}
