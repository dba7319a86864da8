package org.espalier.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;

/**
 * A valid graph grown at random: images, tokens and vectors behind an open batch, which is axis 0
 * of every value. Nothing in it jumps (no rounding, no comparing), so that a difference in the
 * output is an error and no matter of taste. A graph of fewer steps is a prefix of one of more.
 */
final class RandomGraph {
  /** Where layers come from; empty where this one doesn't fit behind {@code x}. */
  interface Growth {
    Optional<Value> grow(RandomGraph graph, Value x);
  }

  /** More elements than this for each item of a batch, and a scalar kernel takes too long. */
  static final long LARGEST = 20_000;

  private static final List<Growth> GROWTHS = growths();

  final SeededRandom random;
  final GraphBuilder builder;
  private final List<Value> values = new ArrayList<>();
  private final Set<String> used = new HashSet<>();
  private final boolean dense;
  private int names;

  private RandomGraph(long seed, boolean dense) {
    this.dense = dense;
    this.random = SeededRandom.of(seed);
    this.builder = GraphBuilder.of("random", seed);
  }

  private static List<Growth> growths() {
    var growths = new ArrayList<Growth>();
    growths.addAll(RandomImageLayers.ALL);
    growths.addAll(RandomTokenLayers.ALL);
    growths.addAll(RandomPointwise.ALL);
    return List.copyOf(growths);
  }

  static Model of(long seed, int steps) {
    return of(seed, steps, false);
  }

  /** The same graph, with no weight of zero where {@code dense}. */
  static Model of(long seed, int steps, boolean dense) {
    var graph = new RandomGraph(seed, dense);
    graph.inputs();
    for (int step = 0; step < steps; step++) {
      graph.grow();
    }
    graph.outputs();
    return graph.builder.build();
  }

  private void inputs() {
    if (random.nextInt(3) > 0) {
      int height = pick(1, 3, 7, 13, 14, 16, 28);
      int width = random.nextInt(3) > 0 ? height : pick(1, 3, 5, 7, 9, 13, 16);
      values.add(builder.input("image", pick(1, 2, 3, 5, 8, 16, 17, 32), height, width));
    }
    if (values.isEmpty() || random.nextInt(4) == 0) {
      values.add(builder.input("tokens", pick(1, 3, 7, 13, 16), pick(1, 2, 3, 5, 8, 17, 32, 64)));
    }
    if (random.nextInt(4) == 0) {
      values.add(builder.input("vector", pick(1, 2, 3, 5, 17, 24, 100)));
    }
  }

  private void grow() {
    for (int attempt = 0; attempt < 100; attempt++) {
      boolean latest = random.nextInt(3) > 0;
      Value x = latest ? values.getLast() : values.get(random.nextInt(values.size()));
      Growth growth = GROWTHS.get(random.nextInt(GROWTHS.size()));
      Optional<Value> grown = growth.grow(this, x);
      if (grown.isPresent()) {
        used.add(x.name());
        values.add(grown.get());
        return;
      }
    }
    throw new IllegalStateException("nothing fits behind " + values);
  }

  /** The last value and a few of those that nothing follows. */
  private void outputs() {
    int count = 0;
    for (Value value : values.reversed()) {
      if (!used.contains(value.name()) && count < 3) {
        builder.output("out" + count++, value);
      }
    }
  }

  /** Another value that {@code wanted} holds for, if there is any; it counts as used. */
  Optional<Value> other(Predicate<Value> wanted) {
    List<Value> fitting = values.stream().filter(wanted).toList();
    if (fitting.isEmpty()) {
      return Optional.empty();
    }
    Value chosen = fitting.get(random.nextInt(fitting.size()));
    used.add(chosen.name());
    return Optional.of(chosen);
  }

  int pick(int... numbers) {
    return numbers[random.nextInt(numbers.length)];
  }

  boolean chance(int ofTen) {
    return random.nextInt(10) < ofTen;
  }

  /** A node whose output has these sizes behind the batch. */
  Value add(String op, long[] sizes, Map<String, Attribute> attributes, Value... inputs) {
    Dim[] dims = new Dim[sizes.length + 1];
    dims[0] = GraphBuilder.BATCH;
    for (int axis = 0; axis < sizes.length; axis++) {
      dims[axis + 1] = Dim.of(sizes[axis]);
    }
    return builder.node(name(op), op, DataType.FLOAT, Shape.of(dims), attributes, inputs);
  }

  /** A matrix or kernel with zeros in some pattern. */
  Value weights(boolean rowsLast, long... dims) {
    return builder.initializer(name("weight"), RandomWeights.draw(random, dense, rowsLast, dims));
  }

  /** Standard normal numbers. */
  Value numbers(long... dims) {
    return builder.initializer(name("numbers"), random.gaussian(dims));
  }

  /** Numbers from {@code low} to {@code high}. */
  Value between(double low, double high, long... dims) {
    Tensor tensor = random.gaussian(dims);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setReal(k, low + (high - low) * random.nextDouble());
    }
    return builder.initializer(name("between"), tensor);
  }

  String name(String wish) {
    return wish.toLowerCase(Locale.ROOT) + "." + names++;
  }

  /** All sizes but the batch's. */
  static long[] sizes(Value x) {
    return x.shape().dims().stream().skip(1).mapToLong((Dim dim) -> dim.sizeOr(-1)).toArray();
  }

  static boolean isImage(Value x) {
    return x.shape().rank() == 4;
  }

  static boolean isTokens(Value x) {
    return x.shape().rank() == 3;
  }

  /** The value, unless it is too large to go on with. */
  static Optional<Value> unlessLarge(Value x) {
    return elements(x) <= LARGEST ? Optional.of(x) : Optional.empty();
  }

  static long elements(Value x) {
    return Arrays.stream(sizes(x)).reduce(1, (a, b) -> a * b);
  }
}
