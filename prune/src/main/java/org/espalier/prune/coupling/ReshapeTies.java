package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.espalier.graph.infer.Block;

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

  /** A part of an axis: its index is made of {@code index / inner % size}. */
  private record Factor(String value, int axis, int inner, int size) {
    int coordinate(int index) {
      return index / inner % size;
    }

    Axis on() {
      return new Axis(value, axis);
    }
  }

  private void reshape(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    call.rank(x);
    call.rank(y);
    for (Block block : call.shapes().blocks(x, y)) {
      List<Block.Part> from = block.from().stream().filter(part -> part.size() != 1).toList();
      List<Block.Part> to = block.to().stream().filter(part -> part.size() != 1).toList();
      block.from().forEach(part -> call.free(x, part.axis()));
      block.to().forEach(part -> call.free(y, part.axis()));
      if (Stream.concat(from.stream(), to.stream()).anyMatch(Block.Part::isOpen)) {
        if (from.size() + to.size() > 2) {
          fix(call, x, from, "merged with something of open size");
          fix(call, y, to, "merged with something of open size");
        }
      } else if (!from.isEmpty()) {
        divide(call, x, from, y, to);
      }
    }
  }

  private static void fix(TieCall call, String value, List<Block.Part> parts, String reason) {
    parts.stream()
        .filter(part -> !part.isOpen())
        .forEach(part -> call.fix(value, part.axis(), reason));
  }

  private void divide(
      TieCall call, String x, List<Block.Part> from, String y, List<Block.Part> to) {
    var bounds = new TreeSet<Long>();
    bounds.addAll(bounds(from));
    bounds.addAll(bounds(to));
    long before = 1;
    for (long bound : bounds) {
      if (bound % before != 0) {
        fix(call, x, from, "no common factors on both sides");
        fix(call, y, to, "no common factors on both sides");
        return;
      }
      before = bound;
    }
    List<Factor> in = factors(x, from, bounds);
    List<Factor> out = factors(y, to, bounds);
    var options = new ArrayList<Option>();
    for (int k = 0; k < in.size(); k++) {
      Factor a = in.get(k);
      Factor b = out.get(k);
      options.add(
          new Option(List.of(a.on(), b.on()), true, () -> along(call, a, b, x, from, y, to)));
    }
    if (options.size() == 1) {
      options.getFirst().apply().run();
    } else {
      call.choose(granularity == Granularity.HEADS ? options.reversed() : options);
    }
  }

  /** How many elements lie inside of each part's start, from the innermost part on. */
  private static List<Long> bounds(List<Block.Part> parts) {
    var bounds = new ArrayList<Long>();
    long inner = 1;
    for (Block.Part part : parts.reversed()) {
      inner *= part.size();
      bounds.add(inner);
    }
    return bounds;
  }

  /** The factors between all bounds, innermost first, on the axes of one side. */
  private static List<Factor> factors(String value, List<Block.Part> parts, TreeSet<Long> bounds) {
    var factors = new ArrayList<Factor>();
    long before = 1;
    int at = parts.size() - 1;
    long start = 1;
    for (long bound : bounds) {
      Block.Part part = parts.get(at);
      factors.add(new Factor(value, part.axis(), (int) (before / start), (int) (bound / before)));
      before = bound;
      if (bound == start * part.size()) {
        start = bound;
        at--;
      }
    }
    return factors;
  }

  /** Channels run along one factor of both sides; all other axes of the block stay. */
  private static void along(
      TieCall call,
      Factor a,
      Factor b,
      String x,
      List<Block.Part> from,
      String y,
      List<Block.Part> to) {
    call.map(x, a.axis, x, a.axis, k -> a.coordinate(k) * a.inner);
    call.map(y, b.axis, y, b.axis, k -> b.coordinate(k) * b.inner);
    call.map(x, a.axis, y, b.axis, k -> a.coordinate(k) * b.inner);
    String reason = "a Reshape divides it, and another factor is pruned";
    from.stream()
        .filter(part -> part.axis() != a.axis)
        .forEach(part -> call.fix(x, part.axis(), reason));
    to.stream()
        .filter(part -> part.axis() != b.axis)
        .forEach(part -> call.fix(y, part.axis(), reason));
  }
}
