package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * Operators that only say where numbers are: the same memory under another shape. Nothing is moved,
 * unless a Reshape asks for an order that strides can't describe.
 */
final class ViewRule implements Rule {
  private static final Set<String> RESHAPES =
      Set.of("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity");

  private static final Set<String> OTHERS = Set.of("Transpose", "Slice", "Split", "Expand");

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    boolean reshape = RESHAPES.contains(node.op());
    if (!node.isStandard() || !(reshape || OTHERS.contains(node.op()))) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> dims = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    Optional<long[]> from = planner.dims(input);
    if (dims.isEmpty() || from.isEmpty() || !planned(planner, input, dims.get(), from.get())) {
      return false;
    }
    if (planner.home(input) instanceof Home.Shares shares) {
      Optional<List<Home.Shares>> views = shared(node, shares, dims.get(), planner);
      if (views.isPresent()) {
        for (int k = 0; k < views.get().size(); k++) {
          planner.define(node.outputs().get(k), views.get().get(k));
        }
        explain(layer, planner);
        return true;
      }
    }
    boolean done =
        switch (node.op()) {
          case "Transpose" -> transpose(node, planner);
          case "Slice" -> slice(node, dims.get(), planner);
          case "Split" -> split(node, planner);
          case "Expand" -> expand(node, dims.get(), planner);
          default -> reshape(node, dims.get(), planner);
        };
    if (done) {
      explain(layer, planner);
    }
    return done;
  }

  private static void explain(Layer layer, Planner planner) {
    planner.explain(
        new Choice(
            layer.label(),
            layer.node().op(),
            "none",
            planner.home(layer.output()).layout(),
            1,
            0,
            "the same memory, seen otherwise"));
  }

  /** What a node makes of threads' shares, where it leaves these as they are. */
  private static Optional<List<Home.Shares>> shared(
      Node node, Home.Shares x, long[] dims, Planner planner) {
    return switch (node.op()) {
      case "Transpose" -> Optional.of(List.of(SharedViews.transposed(x, perm(node, x.dims()))));
      case "Split" -> parts(node, x, planner);
      case "Slice", "Expand" -> Optional.empty();
      default -> SharedViews.reshaped(x, dims).map(List::of);
    };
  }

  private static Optional<List<Home.Shares>> parts(Node node, Home.Shares x, Planner planner) {
    int axis = axis(node, x.dims());
    var parts = new ArrayList<Home.Shares>();
    long first = 0;
    for (String output : node.outputs()) {
      Optional<long[]> dims = planner.shapes().shape(output).flatMap(s -> s.sizes());
      if (axis == x.axis() || dims.isEmpty() || Tensor.elements(dims.get()) == 0) {
        return Optional.empty();
      }
      parts.add(SharedViews.sliced(x, axis, first, dims.get()[axis]));
      first += dims.get()[axis];
    }
    return Optional.of(parts);
  }

  private static int axis(Node node, long[] dims) {
    long given = node.integer("axis", 0);
    return (int) (given < 0 ? given + dims.length : given);
  }

  private static long[] perm(Node node, long[] dims) {
    long[] turned = new long[dims.length];
    Arrays.setAll(turned, axis -> dims.length - 1 - axis);
    return node.integers("perm", turned);
  }

  /** Tensors that the run makes are only put into memory for the sake of floats. */
  private static boolean planned(Planner planner, String input, long[] dims, long[] from) {
    DataType type = planner.type(input);
    return Strides.fits(type)
        && Tensor.elements(dims) > 0
        && Tensor.elements(from) > 0
        && (planner.home(input) instanceof Home.InMemory || type == DataType.FLOAT);
  }

  private static void define(
      Planner planner, String output, Home.Strided x, Slot slot, long[] dims, long[] strides) {
    planner.define(
        output, Strides.simplest(planner, new Home.Strided(slot, x.type(), dims, strides)));
  }

  private static boolean reshape(Node node, long[] dims, Planner planner) {
    String input = node.inputs().getFirst();
    Home.Strided x = Strides.of(planner.placed(input));
    Optional<long[]> strides = Strides.reshaped(x.dims(), x.strides(), dims);
    if (strides.isPresent()) {
      define(planner, node.outputs().getFirst(), x, x.slot(), dims, strides.get());
    } else {
      Home.Rows rows = planner.rows(input);
      planner.define(node.outputs().getFirst(), new Home.Rows(rows.slot(), rows.type(), dims));
    }
    return true;
  }

  private static boolean transpose(Node node, Planner planner) {
    Home.Strided x = Strides.of(planner.placed(node.inputs().getFirst()));
    int rank = x.dims().length;
    long[] perm = perm(node, x.dims());
    long[] dims = new long[rank];
    long[] strides = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = x.dims()[(int) perm[axis]];
      strides[axis] = x.strides()[(int) perm[axis]];
    }
    define(planner, node.outputs().getFirst(), x, x.slot(), dims, strides);
    return true;
  }

  private static boolean slice(Node node, long[] dims, Planner planner) {
    Optional<long[]> starts = longs(node, 1, planner);
    Optional<long[]> steps = node.input(4).isPresent() ? longs(node, 4, planner) : Optional.empty();
    Optional<long[]> axes = node.input(3).isPresent() ? longs(node, 3, planner) : Optional.empty();
    boolean known =
        starts.isPresent()
            && steps.isPresent() == node.input(4).isPresent()
            && axes.isPresent() == node.input(3).isPresent();
    if (!known || steps.stream().flatMapToLong(Arrays::stream).anyMatch(step -> step < 1)) {
      return false;
    }
    Home.Strided x = Strides.of(planner.placed(node.inputs().getFirst()));
    long[] strides = x.strides().clone();
    long offset = 0;
    for (int k = 0; k < starts.get().length; k++) {
      long given = axes.isPresent() ? axes.get()[k] : k;
      int axis = (int) (given < 0 ? given + dims.length : given);
      long size = x.dims()[axis];
      long start = starts.get()[k];
      start = Math.clamp(start < 0 ? start + size : start, 0, size - 1);
      offset += start * x.strides()[axis];
      strides[axis] *= steps.isPresent() ? steps.get()[k] : 1;
    }
    define(planner, node.outputs().getFirst(), x, x.slot().part(offset), dims, strides);
    return true;
  }

  private static Optional<long[]> longs(Node node, int input, Planner planner) {
    return node.input(input)
        .flatMap(name -> planner.shapes().constant(name).or(() -> planner.constant(name)))
        .filter(t -> t.type() == DataType.INT64 || t.type() == DataType.INT32)
        .map(
            t -> {
              long[] values = new long[(int) t.size()];
              Arrays.setAll(values, k -> t.integerAt(k));
              return values;
            });
  }

  private static boolean split(Node node, Planner planner) {
    Home.Strided x = Strides.of(planner.placed(node.inputs().getFirst()));
    int axis = axis(node, x.dims());
    long offset = 0;
    for (String output : node.outputs()) {
      Optional<long[]> dims = planner.shapes().shape(output).flatMap(s -> s.sizes());
      if (dims.isEmpty() || Tensor.elements(dims.get()) == 0) {
        return false;
      }
    }
    for (String output : node.outputs()) {
      long[] dims = planner.shapes().shape(output).flatMap(s -> s.sizes()).orElseThrow();
      define(planner, output, x, x.slot().part(offset), dims, x.strides());
      offset += dims[axis] * x.strides()[axis];
    }
    return true;
  }

  private static boolean expand(Node node, long[] dims, Planner planner) {
    Home.Strided x = Strides.of(planner.placed(node.inputs().getFirst()));
    long[] strides = broadcast(x, dims);
    define(planner, node.outputs().getFirst(), x, x.slot(), dims, strides);
    return true;
  }

  /** The strides of {@code x} stretched to {@code dims}. */
  static long[] broadcast(Home.Strided x, long[] dims) {
    long[] strides = new long[dims.length];
    int shift = dims.length - x.dims().length;
    for (int axis = 0; axis < x.dims().length; axis++) {
      strides[shift + axis] = x.dims()[axis] == 1 ? 0 : x.strides()[axis];
    }
    return strides;
  }
}
