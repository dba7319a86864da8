package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** MaxPool, AveragePool and their global forms, a ReduceMean over pixels among them. */
final class PoolRule implements Rule {
  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    boolean global =
        node.is("GlobalAveragePool") || node.is("GlobalMaxPool") || isMeanOfPlanes(node, planner);
    boolean local = node.is("AveragePool") || node.is("MaxPool");
    String input = node.inputs().isEmpty() ? "" : node.inputs().getFirst();
    Optional<long[]> in = global || local ? planner.dims(input) : Optional.empty();
    Optional<long[]> out = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    if (in.isEmpty() || out.isEmpty() || !planner.isFloat(input) || in.get().length < 3) {
      return false;
    }
    if (Tensor.elements(in.get()) == 0 || Tensor.elements(out.get()) == 0) {
      return false;
    }
    planner.settle(input);
    boolean max = node.op().contains("Max");
    if (global) {
      Home.Planes x = planner.planes(input);
      Home.Rows y = planner.newRows(DataType.FLOAT, out.get());
      planner.add(new Global(planner.kernels(), x, y.slot(), max), List.of(x.slot(), y.slot()));
      return done(layer, y, planner);
    }
    int rank = in.get().length - 2;
    if (rank > 2 || node.output(1).isPresent()) {
      return false;
    }
    long[] kernel = node.integers("kernel_shape").orElseThrow();
    long[] pads = node.integers("pads", new long[2 * rank]);
    Geometry geometry = Geometry.of(node, in.get(), out.get(), kernel);
    boolean countPadding = node.integer("count_include_pad", 0) != 0;
    int bottom = rank == 1 ? 0 : (int) pads[rank];
    int right = (int) pads[2 * rank - 1];
    var counts = new WindowCounts(geometry, countPadding, bottom, right);
    Optional<MemorySegment> factors =
        max || counts.areAll(kernel) ? Optional.empty() : Optional.of(counts.reciprocals());
    Optional<Home.Planes> flat =
        new FlatLayer(geometry, max, factors, Tail.NONE)
            .plan(
                layer,
                () -> constants(max, kernel, (int) in.get()[1], factors.isPresent()),
                out.get(),
                planner);
    if (flat.isPresent()) {
      return explained(layer, flat.get(), planner);
    }
    Home.Planes x = planner.planes(input);
    Home.Planes y = planner.newPlanes(out.get());
    planner.add(
        new Pool(planner.kernels(), geometry, x, y, max, countPadding, bottom, right),
        List.of(x.slot(), y.slot()));
    return done(layer, y, planner);
  }

  /** A ReduceMean over all axes behind the channels of what lies in planes. */
  private static boolean isMeanOfPlanes(Node node, Planner planner) {
    if (!node.is("ReduceMean") || node.input(1).isEmpty() || !planner.has(node.input(0).get())) {
      return false;
    }
    Optional<Tensor> axes = planner.constant(node.input(1).get());
    if (axes.isEmpty() || !(planner.home(node.inputs().getFirst()) instanceof Home.Planes x)) {
      return false;
    }
    int rank = x.dims().length;
    var behind = new TreeSet<Long>();
    for (long k = 0; k < axes.get().size(); k++) {
      behind.add(Math.floorMod(axes.get().integerAt(k), (long) rank));
    }
    return behind.size() == rank - 2 && behind.first() == 2;
  }

  /** A pool as a convolution: weights of one, or what makes a mean of a sum. */
  private static MemorySegment constants(
      boolean max, long[] kernel, int channels, boolean scaledLater) {
    if (max) {
      MemorySegment least = Weights.aligned(4);
      least.set(ValueLayout.JAVA_FLOAT, 0, Float.NEGATIVE_INFINITY);
      return least;
    }
    int taps = (int) Arrays.stream(kernel).reduce(1, (a, b) -> a * b);
    MemorySegment constants = Weights.aligned(4L * channels * (taps + 1));
    for (int k = 0; k < channels * taps; k++) {
      constants.setAtIndex(ValueLayout.JAVA_FLOAT, k, scaledLater ? 1 : 1f / taps);
    }
    return constants;
  }

  private static boolean done(Layer layer, Home home, Planner planner) {
    planner.define(layer.output(), home);
    return explained(layer, home, planner);
  }

  private static boolean explained(Layer layer, Home home, Planner planner) {
    planner.explain(
        new Choice(layer.label(), layer.node().op(), "pool", home.layout(), 1, 0, "no weights"));
    return true;
  }

  /** One number for each channel. */
  record Global(Kernels kernels, Home.Planes x, Slot y, boolean max) implements Step {
    /** Channels of a task. */
    private static final int CHUNK = 64;

    @Override
    public int tasks() {
      return Math.ceilDiv(x.batch() * x.channels(), CHUNK);
    }

    @Override
    public double micros() {
      return x.batch() * (double) x.channels() * x.pitch() / 16_000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      int first = task * CHUNK;
      int planes = Math.min(CHUNK, x.batch() * x.channels() - first);
      long at = x.slot().at + first * x.pitch();
      kernels
          .depthwise()
          .reduce(
              max,
              new Panel(m, at, x.pitch()),
              x.pixels(),
              planes,
              m,
              y.at + 4L * first,
              1f / x.pixels());
    }
  }
}
