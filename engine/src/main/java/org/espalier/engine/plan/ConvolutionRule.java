package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.SparseRows;
import org.espalier.engine.plan.WarmUp.Loop;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** One- and two-dimensional convolution with constant weights, in any number of groups. */
final class ConvolutionRule implements Rule {
  /** Groups of fewer channels than this leave a dense tile mostly empty. */
  private static final int DENSE_ROWS = 4;

  /** A convolution taken apart. */
  private record Task(
      Layer layer,
      Geometry geometry,
      float[] weights,
      float[] bias,
      int groups,
      int rows,
      int groupChannels,
      long[] out) {

    int taps() {
      return geometry.kernelHeight() * geometry.kernelWidth();
    }

    String name() {
      return layer.node().inputs().get(1) + " of " + layer.node().label();
    }
  }

  /** The padded input: where it lies and its strides. */
  private record Source(
      Slot slot, Slot original, long phaseBytes, long channelBytes, long imageBytes) {}

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("Conv")) {
      return false;
    }
    Optional<Task> found = task(layer, planner);
    if (found.isEmpty()) {
      return false;
    }
    Task task = found.get();
    planner.settle(node.inputs().getFirst());
    layer.tail().residual().ifPresent(planner::settle);
    double density = Weights.density(task.weights());
    int lanes = planner.kernels().lanes();
    int pixels = task.geometry().gridPixels();
    long tiles = Math.ceilDiv(pixels, planner.tile()) * task.out()[0];
    boolean small = task.rows() / task.groups() < DENSE_ROWS;
    var loops = LinearRule.panels(Math.min(pixels, Convolution.BAND), planner);
    loops.add(Loop.COPY);
    var trials = new ArrayList<Tuner.Trial>();
    if (!small && density > LinearRule.DENSE_TRIED) {
      trials.add(
          new Tuner.Trial(
              "dense",
              List.of(Loop.TILE_OF_FOUR_ROWS, Loop.COPY),
              (double) task.weights().length * tiles * Kernels.TILE,
              p -> build(task, p, false)));
    }
    if (small || density <= LinearRule.SPARSE_TRIED) {
      trials.add(
          new Tuner.Trial(
              "sparse",
              loops,
              1.5 * density * task.weights().length * Math.ceilDiv(pixels, lanes) * task.out()[0],
              p -> build(task, p, true)));
    }
    String only =
        small ? "groups of few channels" : "density %.2f leaves no other".formatted(density);
    Tuner.Verdict verdict = planner.tuner().fastest(trials, planner, only);
    Home.Placed y = verdict.trial().build().apply(planner);
    planner.timed(verdict.micros());
    planner.explain(
        new Choice(
            layer.label(),
            node.op(),
            verdict.trial().kernel(),
            y.layout(),
            density,
            verdict.micros(),
            verdict.reason()));
    Tail tail = layer.tail();
    Tail left = new Tail(Optional.empty(), Bounds.NONE, late(tail));
    Tails.finish(layer.withTail(left), y, false, planner);
    return true;
  }

  /** A curve after a residual is a step of its own. */
  private static Optional<Curve> late(Tail tail) {
    return tail.residual().isPresent() ? tail.curve() : Optional.empty();
  }

  private static Optional<Task> task(Layer layer, Planner planner) {
    Node node = layer.node();
    String input = node.inputs().getFirst();
    Optional<Tensor> weights = planner.constant(node.inputs().get(1));
    Optional<long[]> in = planner.dims(input);
    Optional<long[]> out = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    boolean possible =
        weights.isPresent()
            && in.isPresent()
            && out.isPresent()
            && weights.get().type() == DataType.FLOAT
            && planner.isFloat(input)
            && (weights.get().rank() == 3 || weights.get().rank() == 4)
            && Tensor.elements(out.get()) > 0
            && Tensor.elements(in.get()) > 0;
    if (!possible) {
      return Optional.empty();
    }
    long[] dims = weights.get().dims();
    float[] bias = new float[(int) dims[0]];
    if (node.input(2).isPresent()) {
      Optional<Tensor> constant = planner.constant(node.input(2).get());
      if (constant.isEmpty()) {
        return Optional.empty();
      }
      bias = constant.get().floats();
    }
    long[] kernel = Arrays.copyOfRange(dims, 2, dims.length);
    return Optional.of(
        new Task(
            layer,
            Geometry.of(node, in.get(), out.get(), kernel),
            weights.get().floats(),
            bias,
            (int) node.integer("group", 1),
            (int) dims[0],
            (int) dims[1],
            out.get()));
  }

  private static Source source(Task task, Planner planner) {
    Geometry geometry = task.geometry();
    Home.Planes x = planner.planes(task.layer().node().inputs().getFirst());
    if (geometry.isPlain()) {
      return new Source(x.slot(), x.slot(), 0, x.pitch(), x.channels() * x.pitch());
    }
    long phase = planner.pitch(geometry.rows() * geometry.pitch());
    long channel = phase * geometry.phaseCount();
    long image = channel * x.channels();
    Slot padded = planner.slot(image * x.batch());
    planner.add(
        new Padding(
            planner.kernels(),
            geometry,
            geometry.rowPhases(),
            geometry.columnPhases(),
            x,
            padded,
            phase,
            channel),
        List.of(x.slot(), padded));
    return new Source(padded, x.slot(), phase, channel, image);
  }

  private static Home.Planes build(Task task, Planner planner, boolean sparse) {
    Source source = source(task, planner);
    Tail tail = task.layer().tail();
    Home.Planes y = planner.newPlanes(task.out());
    Optional<Slot> residual = tail.residual().map(value -> planner.like(value, y).slot());
    Geometry geometry = task.geometry();
    boolean inPlace =
        geometry.pitch() == geometry.outWidth()
            && (sparse || y.pitch() % (4L * planner.tile()) == 0);
    Optional<Slot> scratch = Optional.empty();
    if (!inPlace) {
      long row = 4L * Convolution.bandPixels(geometry, planner.tile());
      scratch = Optional.of(planner.slot((long) planner.threads() * Convolution.BLOCK * row));
    }
    Convolution.Product product =
        sparse ? sparse(task, source, planner) : dense(task, source, planner);
    var step =
        new Convolution(
            planner.kernels(),
            product,
            geometry,
            source.slot(),
            source.imageBytes(),
            y,
            scratch,
            residual,
            tail.bounds(),
            late(tail).isPresent() ? Optional.empty() : tail.curve());
    var touched = new ArrayList<>(List.of(source.slot(), y.slot()));
    scratch.ifPresent(touched::add);
    residual.ifPresent(touched::add);
    planner.add(step, touched);
    return y;
  }

  /** Bytes from a pixel to the input of each tap of each channel of a group. */
  private static int[] offsets(Task task, Source source) {
    Geometry geometry = task.geometry();
    int[] offsets = new int[task.groupChannels() * task.taps()];
    int k = 0;
    for (int channel = 0; channel < task.groupChannels(); channel++) {
      for (int row = 0; row < geometry.kernelHeight(); row++) {
        for (int column = 0; column < geometry.kernelWidth(); column++) {
          long tap = geometry.tap(row, column, source.phaseBytes());
          offsets[k++] = Math.toIntExact(channel * source.channelBytes() + tap);
        }
      }
    }
    return offsets;
  }

  private static Convolution.Sparse sparse(Task task, Source source, Planner planner) {
    String key = "taps " + source.channelBytes() + " " + task.geometry() + " " + task.name();
    return new Convolution.Sparse(
        planner
            .weights()
            .packed(
                key,
                SparseRows.class,
                () -> {
                  int[] shared = offsets(task, source);
                  int[] each = shared;
                  if (task.groups() > 1) {
                    each = new int[task.rows() * shared.length];
                    for (int k = 0; k < each.length; k++) {
                      int group = k / shared.length / (task.rows() / task.groups());
                      long base = (long) group * task.groupChannels() * source.channelBytes();
                      each[k] = Math.toIntExact(base + shared[k % shared.length]);
                    }
                  }
                  return SparseRows.of(
                      task.weights(), task.rows(), shared.length, each, task.bias());
                }));
  }

  private static Convolution.Dense dense(Task task, Source source, Planner planner) {
    int lanes = planner.kernels().lanes();
    MemorySegment weights =
        planner
            .weights()
            .packed("weights " + task.name(), MemorySegment.class, () -> memory(task.weights(), 1));
    MemorySegment bias =
        planner
            .weights()
            .packed("bias " + task.name(), MemorySegment.class, () -> memory(task.bias(), lanes));
    return new Convolution.Dense(
        weights,
        bias,
        offsets(task, source),
        task.groups(),
        task.rows(),
        task.groupChannels() * source.channelBytes());
  }

  /** Each value as often as asked, one after the other. */
  private static MemorySegment memory(float[] values, int times) {
    MemorySegment memory = Weights.aligned(4L * values.length * times);
    for (int k = 0; k < values.length * times; k++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, k, values[k / times]);
    }
    return memory;
  }
}
