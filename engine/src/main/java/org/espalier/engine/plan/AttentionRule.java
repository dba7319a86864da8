package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** What {@link AttentionPattern} found: one step for all heads, with queries as the vector. */
final class AttentionRule implements Rule {
  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.op().equals(AttentionPattern.OP) || node.isStandard()) {
      return false;
    }
    List<String> in = node.inputs();
    Optional<long[]> dims = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    if (dims.isEmpty() || Tensor.elements(dims.get()) == 0) {
      return false;
    }
    for (String input : in) {
      boolean known = input.isEmpty() || planner.dims(input).filter(d -> d.length > 0).isPresent();
      if (!known || (!input.isEmpty() && Tensor.elements(planner.dims(input).get()) == 0)) {
        return false;
      }
    }
    int rank = dims.get().length;
    long[] q = planner.dims(in.get(0)).get();
    boolean full = q.length == rank && Arrays.equals(q, 0, rank - 1, dims.get(), 0, rank - 1);
    boolean floats = in.subList(0, 3).stream().allMatch(planner::isFloat);
    if (!full || !floats || planner.dims(in.get(1)).get().length < 2) {
      return false;
    }
    long keys = planner.dims(in.get(1)).get()[planner.dims(in.get(1)).get().length - 1];
    Optional<Home.Strided> mask = mask(node, dims.get(), keys, planner);
    if (mask.isEmpty() && !in.get(3).isEmpty()) {
      return false;
    }
    attend(layer, dims.get(), (int) keys, mask, planner);
    return true;
  }

  private static void attend(
      Layer layer, long[] dims, int keys, Optional<Home.Strided> mask, Planner planner) {
    List<String> in = layer.node().inputs();
    int rank = dims.length;
    long[] lead = Arrays.copyOf(dims, rank - 2);
    Home.InMemory q = tokens(in.get(0), rank - 2, planner);
    if (!(q instanceof Home.Shares) && Strides.of((Home.Placed) q).strides()[rank - 2] != 4) {
      q = Copy.into(planner, in.get(0), queriesLast(planner, dims(in.get(0), planner)));
    }
    Home.InMemory k = tokens(in.get(1), dims(in.get(1), planner).length - 1, planner);
    Home.InMemory v = tokens(in.get(2), dims(in.get(2), planner).length - 2, planner);
    Home.InMemory y = likeQueries(q, dims, planner);
    var step =
        new Attention(
            planner.kernels(),
            (int) dims[rank - 2],
            keys,
            (int) q.dims()[rank - 1],
            (int) dims[rank - 1],
            layer.node().real("scale", 1),
            Attention.Side.of(q, lead),
            Attention.Side.of(k, lead),
            Attention.Side.of(v, lead),
            Attention.Side.of(y, lead),
            mask.map(m -> Attention.Side.of(m, lead)).orElse(null),
            layer.node().real("masked", 0) != 0,
            planner.scratch(Attention.scratch(planner.tile(), keys, (int) dims[rank - 1])),
            lead);
    var slots = new ArrayList<>(List.of(q.slot(), k.slot(), v.slot(), y.slot()));
    slots.addAll(step.scratch());
    mask.ifPresent(m -> slots.add(m.slot()));
    planner.add(step, slots);
    planner.explain(
        new Choice(
            layer.label(),
            "Attention",
            "two products and a softmax for each head, query by lane",
            y.layout(),
            1,
            0,
            "scores never leave the cache"));
    planner.define(layer.output(), y);
  }

  private static long[] dims(String value, Planner planner) {
    return planner.dims(value).orElseThrow();
  }

  /** A value in threads' shares of {@code axis}, where it is so, or in one piece. */
  private static Home.InMemory tokens(String value, int axis, Planner planner) {
    return planner.home(value) instanceof Home.Shares shares
            && shares.axis() == axis
            && shares.strides()[axis] == 4
        ? shares
        : planner.placed(value);
  }

  /** A home for the result, laid out as queries are. */
  private static Home.InMemory likeQueries(Home.InMemory q, long[] dims, Planner planner) {
    int rank = dims.length;
    return switch (q) {
      case Home.Shares shares -> {
        long[] inner = SharedViews.cut(shares, dims, shares.axis());
        long[] order = shares.inner().strides();
        Home.Placed placed = Strides.inOrder(planner, DataType.FLOAT, inner, order);
        yield new Home.Shares(Strides.of(placed), dims, shares.axis());
      }
      case Home.Placed placed -> {
        long[] order = Strides.of(placed).strides();
        Home.Placed result = Strides.inOrder(planner, DataType.FLOAT, dims, order);
        boolean along = Strides.of(result).strides()[rank - 2] == 4;
        yield along ? result : queriesLast(planner, dims);
      }
    };
  }

  /** A home whose vectors are queries: of the axes, features and then batches come before them. */
  private static Home.Placed queriesLast(Planner planner, long[] dims) {
    int rank = dims.length;
    long[] order = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      order[axis] = 8L * rank - axis; // the later axis lies inside
    }
    order[rank - 2] = 1;
    order[0] = rank > 3 ? 2 : order[0]; // batches side by side, as rows of one matrix
    return Strides.inOrder(planner, DataType.FLOAT, dims, order);
  }

  /** The mask as floats, stretched to all scores; empty where there is none or none fits. */
  private static Optional<Home.Strided> mask(Node node, long[] dims, long keys, Planner planner) {
    String name = node.inputs().get(3);
    if (name.isEmpty()) {
      return Optional.empty();
    }
    long[] scores = dims.clone();
    scores[scores.length - 1] = keys;
    long[] own = planner.dims(name).get();
    if (own.length > scores.length) {
      return Optional.empty();
    }
    for (int axis = 0; axis < own.length; axis++) {
      long size = scores[scores.length - own.length + axis];
      if (own[axis] != 1 && own[axis] != size) {
        return Optional.empty();
      }
    }
    float masked = node.real("masked", 0);
    if (masked != 0) {
      return Optional.of(stretched(replacing(planner, name, own, scores, masked), scores));
    }
    if (!planner.isFloat(name)) {
      return Optional.empty();
    }
    Home.Strided home = Strides.of(planner.placed(name));
    long[] strides = ViewRule.broadcast(home, scores);
    long query = strides[scores.length - 2];
    if (query != 0 && query != 4) {
      home = Strides.of(planner.columns(name));
    }
    return Optional.of(stretched(home, scores));
  }

  private static Home.Strided stretched(Home.Strided home, long[] dims) {
    return new Home.Strided(home.slot(), home.type(), dims, ViewRule.broadcast(home, dims));
  }

  /** Numbers that are 0 where the condition holds and {@code masked} elsewhere; made once. */
  private static Home.Strided replacing(
      Planner planner, String condition, long[] own, long[] scores, float masked) {
    String name = condition + " as a mask of " + masked;
    if (!planner.has(name)) {
      // All queries, so that the mask can be read by vectors, but only one of what leads.
      long[] dims =
          Arrays.copyOfRange(scores, scores.length - Math.max(own.length, 2), scores.length);
      System.arraycopy(own, 0, dims, 0, Math.max(own.length - 2, 0));
      Home.Columns target = planner.newColumns(dims);
      Home.Strided from = Strides.of(planner.placed(condition));
      Home.Strided to = Strides.of(target);
      Nest nest = Nest.of(dims, to.strides(), ViewRule.broadcast(from, dims));
      planner.add(
          new Attention.Masking(from.slot(), to.slot(), nest, masked),
          List.of(from.slot(), to.slot()));
      planner.define(name, target);
    }
    return Strides.of(planner.placed(name));
  }
}
