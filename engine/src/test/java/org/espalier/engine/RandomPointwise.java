package org.espalier.engine;

import static org.espalier.engine.RandomGraph.sizes;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.RandomGraph.Growth;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.build.Value;

/** Functions of single elements, arithmetic with broadcasts, reductions, and moves of data. */
final class RandomPointwise {
  static final List<Growth> ALL =
      List.of(
          (g, x) -> Optional.of(activation(g, x)),
          (g, x) -> Optional.of(function(g, x)),
          RandomPointwise::withConstant,
          RandomPointwise::withConstant,
          RandomPointwise::withOther,
          RandomPointwise::withOther,
          RandomPointwise::reduction,
          RandomPointwise::softmax,
          RandomPointwise::concat,
          RandomPointwise::split,
          RandomPointwise::slice,
          RandomPointwise::gather,
          RandomPointwise::transpose,
          RandomPointwise::mixture);

  private RandomPointwise() {}

  static Value activation(RandomGraph g, Value x) {
    return switch (g.random.nextInt(17)) {
      case 0, 1, 2, 3 -> x.relu();
      case 4 -> x.relu6();
      case 5 -> x.silu();
      case 6 -> x.hardSwish();
      case 7 -> x.hardSigmoid();
      case 8 -> x.sigmoid();
      case 9 -> x.tanh();
      case 10 -> x.gelu();
      case 11 -> x.then("LeakyRelu", Map.of("alpha", Attribute.of(0.2f)));
      case 12 -> x.then("Elu");
      case 13 -> x.then("Clip", g.builder.real(-0.5f));
      case 14 -> x.then("PRelu", g.numbers(slopes(g, x)));
      case 15 -> x.then("Mish");
      default -> x.then("Softplus");
    };
  }

  private static long[] slopes(RandomGraph g, Value x) {
    long[] slopes = new long[Math.max(1, x.shape().rank() - 1)];
    Arrays.fill(slopes, 1);
    slopes[0] = g.chance(7) ? x.size(1) : 1;
    return slopes;
  }

  private static Value function(RandomGraph g, Value x) {
    return switch (g.random.nextInt(12)) {
      case 0 -> x.then("Erf");
      case 1 -> x.then("Abs");
      case 2 -> x.then("Neg");
      case 3 -> x.then("Sin");
      case 4 -> x.then("Abs").add(g.builder.real(0.5f)).then("Sqrt");
      case 5 -> x.then("Abs").add(g.builder.real(1)).then("Reciprocal");
      case 6 -> x.then("Abs").add(g.builder.real(1)).then("Log");
      case 7 -> x.tanh().then("Exp");
      case 8 -> x.tanh().then("Pow", g.builder.real(g.pick(2, 3)));
      case 9 -> x.then("Softsign");
      case 10 -> x.cast(DataType.DOUBLE).tanh().cast(DataType.FLOAT);
      default -> x.then("Identity");
    };
  }

  /** A constant on either hand: a number, one for each channel or feature, or a whole tensor. */
  private static Optional<Value> withConstant(RandomGraph g, Value x) {
    long[] all = sizes(x);
    long[] dims =
        switch (g.random.nextInt(6)) {
          case 0 -> new long[0];
          case 1 -> new long[] {1};
          case 2 -> new long[] {x.size(-1)};
          case 3 -> all;
          default -> {
            long[] channel = new long[all.length];
            Arrays.fill(channel, 1);
            channel[0] = all[0];
            yield channel;
          }
        };
    boolean left = g.chance(4);
    Value result =
        switch (g.random.nextInt(6)) {
          case 0 -> left ? g.numbers(dims).sub(x) : x.sub(g.numbers(dims));
          case 1 -> left ? g.numbers(dims).mul(x) : x.mul(g.numbers(dims));
          case 2 -> x.div(g.between(0.5, 2, dims));
          case 3 -> x.then("Max", g.numbers(dims));
          case 4 -> x.then("Min", g.numbers(dims));
          default -> left ? g.numbers(dims).add(x) : x.add(g.numbers(dims));
        };
    return Optional.of(result.as(x.shape()));
  }

  /** Two values of one shape, or of one that broadcasts to the other's. */
  private static Optional<Value> withOther(RandomGraph g, Value x) {
    Optional<Value> other = g.other(y -> broadcasts(y, x));
    if (other.isEmpty()) {
      return Optional.empty();
    }
    Value y = other.get();
    boolean left = g.chance(4);
    Value result =
        switch (g.random.nextInt(6)) {
          case 0 -> left ? y.sub(x) : x.sub(y);
          case 1 -> left ? y.sigmoid().mul(x) : x.mul(y.sigmoid());
          case 2 -> x.div(y.then("Abs").add(g.builder.real(1)));
          case 3 -> left ? y.then("Max", x) : x.then("Max", y);
          case 4 -> x.then("Min", y);
          default -> left ? y.add(x) : x.add(y);
        };
    return Optional.of(result.as(x.shape()));
  }

  private static boolean broadcasts(Value from, Value to) {
    if (from.shape().rank() != to.shape().rank()) {
      return false;
    }
    for (int axis = 1; axis < to.shape().rank(); axis++) {
      if (from.size(axis) != to.size(axis) && from.size(axis) != 1) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Value> reduction(RandomGraph g, Value x) {
    int rank = x.shape().rank();
    int axis = 1 + g.random.nextInt(rank - 1);
    String op =
        List.of("ReduceMean", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2")
            .get(g.random.nextInt(6));
    long[] out = sizes(x);
    boolean keep = g.chance(6) || rank == 2;
    boolean both = g.chance(3) && rank == 4;
    if (both) {
      axis = 2;
      out[2] = 1;
    }
    out[axis - 1] = 1;
    Value axes =
        both ? g.builder.integers(2, 3) : g.builder.integers(g.chance(5) ? axis : axis - rank);
    Value scaled = op.equals("ReduceSum") ? x.mul(g.builder.real(0.25f)) : x;
    Value kept = g.add(op, out, Map.of("keepdims", Attribute.of(1)), scaled, axes);
    if (keep || both) {
      return Optional.of(kept);
    }
    long[] squeezed = new long[out.length - 1];
    for (int k = 0; k < squeezed.length; k++) {
      squeezed[k] = out[k < axis - 1 ? k : k + 1];
    }
    return Optional.of(g.add(op, squeezed, Map.of("keepdims", Attribute.of(0)), scaled, axes));
  }

  private static Optional<Value> softmax(RandomGraph g, Value x) {
    int axis = g.chance(7) ? -1 : 1 + g.random.nextInt(x.shape().rank() - 1);
    String op = g.chance(8) ? "Softmax" : "LogSoftmax";
    return Optional.of(x.then(op, Map.of("axis", Attribute.of(axis))));
  }

  private static Optional<Value> concat(RandomGraph g, Value x) {
    int axis = 1 + g.random.nextInt(x.shape().rank() - 1);
    Optional<Value> other = g.other(y -> joins(x, y, axis));
    return other.map(y -> x.concat(axis, y)).flatMap(RandomGraph::unlessLarge);
  }

  private static boolean joins(Value x, Value y, int axis) {
    if (x.shape().rank() != y.shape().rank()) {
      return false;
    }
    for (int k = 1; k < x.shape().rank(); k++) {
      if (k != axis && x.size(k) != y.size(k)) {
        return false;
      }
    }
    return true;
  }

  /** Two parts, of which one is returned and the other may be added to it. */
  private static Optional<Value> split(RandomGraph g, Value x) {
    int axis = 1 + g.random.nextInt(x.shape().rank() - 1);
    int size = x.size(axis);
    if (size < 2) {
      return Optional.empty();
    }
    int first = g.chance(5) && size % 2 == 0 ? size / 2 : 1 + g.random.nextInt(size - 1);
    List<Value> parts = x.split(axis, first, size - first);
    boolean equal = 2 * first == size;
    return Optional.of(
        equal && g.chance(5)
            ? parts.get(0).mul(parts.get(1).sigmoid())
            : parts.get(g.random.nextInt(2)));
  }

  private static Optional<Value> slice(RandomGraph g, Value x) {
    int axis = 1 + g.random.nextInt(x.shape().rank() - 1);
    int size = x.size(axis);
    int start = g.random.nextInt(size);
    int end = start + 1 + g.random.nextInt(size - start);
    return Optional.of(x.slice(axis, start, end, g.pick(1, 1, 2)));
  }

  private static Optional<Value> gather(RandomGraph g, Value x) {
    int axis = 1 + g.random.nextInt(x.shape().rank() - 1);
    long[] out = sizes(x);
    long[] indices = new long[g.pick(1, 2, 3, 5)];
    for (int k = 0; k < indices.length; k++) {
      indices[k] = g.random.nextInt((int) out[axis - 1]);
    }
    out[axis - 1] = indices.length;
    Map<String, Attribute> attributes = Map.of("axis", Attribute.of(axis));
    return Optional.of(g.add("Gather", out, attributes, x, g.builder.integers(indices)))
        .flatMap(RandomGraph::unlessLarge);
  }

  private static Optional<Value> transpose(RandomGraph g, Value x) {
    return switch (x.shape().rank()) {
      case 3 -> Optional.of(x.transpose(0, 2, 1));
      case 4 ->
          Optional.of(
              switch (g.random.nextInt(3)) {
                case 0 -> x.transpose(0, 2, 3, 1);
                case 1 -> x.transpose(0, 3, 1, 2);
                default -> x.transpose(0, 1, 3, 2);
              });
      default -> Optional.empty();
    };
  }

  /** {@code Where(x > 0, x, y)} with a {@code y} that is 0 there: continuous. */
  private static Optional<Value> mixture(RandomGraph g, Value x) {
    Value positive =
        g.builder.node(
            g.name("greater"), "Greater", DataType.BOOL, x.shape(), Map.of(), x, g.builder.real(0));
    Value small = x.mul(g.builder.real(0.1f));
    return Optional.of(
        g.builder.node(
            g.name("where"), "Where", DataType.FLOAT, x.shape(), Map.of(), positive, x, small));
  }
}
