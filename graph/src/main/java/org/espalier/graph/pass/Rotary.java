package org.espalier.graph.pass;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Rotary positions and the cache update of decoders, in slices, products and scatters. */
final class Rotary {
  private static final Map<String, Attribute> LAST = Map.of("axis", Attribute.of(-1));

  private Rotary() {}

  /** Pairs of features are rotated by the angle of their position. */
  static void lower(Node node, Rewriter out) {
    List<String> in = node.inputs();
    String x = in.get(0);
    long heads = node.integer("num_heads", 0);
    boolean packed = heads > 0 && out.rank(x).orElse(3) == 3;
    String split = packed ? out.add("Reshape", x, out.ints(0, 0, heads, -1)) : x;
    String cos = angles(in.get(1), node, packed, out);
    String sin = angles(in.get(2), node, packed, out);
    long dims = node.integer("rotary_embedding_dim", 0);
    String turning = dims == 0 ? split : slice(split, 0, dims, 1, out);
    boolean pairs = node.integer("interleaved", 0) != 0;
    Halves halves = pairs ? Halves.alternate(turning, out) : Halves.split(turning, out);
    String real =
        out.add("Sub", out.add("Mul", cos, halves.first), out.add("Mul", sin, halves.second));
    String imaginary =
        out.add("Add", out.add("Mul", sin, halves.first), out.add("Mul", cos, halves.second));
    String turned = pairs ? woven(real, imaginary, turning, out) : joined(real, imaginary, out);
    String whole =
        dims == 0 ? turned : joined(turned, slice(split, dims, Long.MAX_VALUE, 1, out), out);
    if (packed) {
      out.finish("Reshape", whole, out.add("Shape", x));
    } else {
      out.finish("Identity", whole);
    }
  }

  private record Halves(String first, String second) {
    static Halves split(String x, Rewriter out) {
      Node split =
          Node.of(
              "Split",
              List.of(x),
              List.of(out.fresh("first"), out.fresh("second")),
              Map.of("axis", Attribute.of(-1), "num_outputs", Attribute.of(2)));
      out.emit(split);
      return new Halves(split.outputs().get(0), split.outputs().get(1));
    }

    static Halves alternate(String x, Rewriter out) {
      return new Halves(slice(x, 0, Long.MAX_VALUE, 2, out), slice(x, 1, Long.MAX_VALUE, 2, out));
    }
  }

  /** [batch, sequence, half] with an axis for the heads, which lie before or after the sequence. */
  private static String angles(String cache, Node node, boolean packed, Rewriter out) {
    String rows = node.input(3).map(ids -> out.add("Gather", cache, ids)).orElse(cache);
    return out.add("Unsqueeze", rows, out.ints(packed ? 2 : 1));
  }

  private static String slice(String x, long start, long end, long step, Rewriter out) {
    return out.add("Slice", x, out.ints(start), out.ints(end), out.ints(-1), out.ints(step));
  }

  private static String joined(String a, String b, Rewriter out) {
    return out.add("Concat", LAST, a, b);
  }

  private static String woven(String even, String odd, String like, Rewriter out) {
    String last = out.ints(-1);
    String pairs = joined(out.add("Unsqueeze", even, last), out.add("Unsqueeze", odd, last), out);
    return out.add("Reshape", pairs, out.add("Shape", like));
  }

  /** Rows of the update go to consecutive places of the cache, from an index for each sample. */
  static void tensorScatter(Node node, Rewriter out) {
    List<String> in = node.inputs();
    OptionalInt rank = out.rank(in.get(0));
    if (rank.isEmpty()) {
      out.emit(node);
      return;
    }
    int axis = (int) node.integer("axis", -2);
    int along = axis < 0 ? axis + rank.getAsInt() : axis;
    String length = out.add("Squeeze", out.sizes(in.get(1), along, along + 1L), out.ints(0));
    String steps =
        out.add("Range", out.constant(Tensor.scalar(0L)), length, out.constant(Tensor.scalar(1L)));
    String places = out.add("Reshape", steps, out.ints(ones(rank.getAsInt(), along)));
    if (node.input(2).isPresent()) {
      String starts = out.add("Reshape", in.get(2), out.ints(ones(rank.getAsInt(), 0)));
      places = out.add("Add", places, starts);
    }
    if (node.text("mode", "linear").equals("circular")) {
      places = out.add("Mod", places, out.sizes(in.get(0), along, along + 1L));
    }
    String indices = out.add("Expand", places, out.add("Shape", in.get(1)));
    out.finish(
        "ScatterElements", Map.of("axis", Attribute.of(along)), in.get(0), indices, in.get(1));
  }

  /** A shape of ones but for {@code free}. */
  private static long[] ones(int rank, int free) {
    long[] shape = new long[rank];
    Arrays.fill(shape, 1);
    shape[free] = -1;
    return shape;
  }
}
