package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Strip;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * One- and two-dimensional convolution with constant weights in as many groups as there are input
 * channels, at a stride of 1 or 2.
 */
final class DepthwiseRule implements Rule {
  /** Bytes of a strip, about: half of the nearest cache of common machines. */
  static final int STRIP = 16 * 1024;

  /** A depthwise convolution taken apart. */
  private record Task(
      Layer layer,
      Geometry geometry,
      float[] weights,
      float[] bias,
      long[] out,
      List<String> inputs) {}

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("Conv")) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<Tensor> weights = planner.constant(node.inputs().get(1));
    Optional<Tensor> bias = node.input(2).flatMap(planner::constant);
    Optional<long[]> in = planner.dims(input);
    Optional<long[]> out = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    boolean possible =
        weights.isPresent()
            && (bias.isPresent() || node.input(2).isEmpty())
            && in.isPresent()
            && out.isPresent()
            && weights.get().type() == DataType.FLOAT
            && planner.isFloat(input)
            && (weights.get().rank() == 3 || weights.get().rank() == 4)
            && weights.get().dim(1) == 1
            && node.integer("group", 1) == in.get()[1]
            && Tensor.elements(out.get()) > 0
            && Tensor.elements(in.get()) > 0;
    if (!possible) {
      return false;
    }
    long[] dims = weights.get().dims();
    long[] kernel = Arrays.copyOfRange(dims, 2, dims.length);
    Geometry geometry = Geometry.of(node, in.get(), out.get(), kernel);
    if (geometry.strideWidth() > 2 || geometry.left() < 0) {
      return false;
    }
    float[] constants = bias.map(Tensor::floats).orElseGet(() -> new float[(int) dims[0]]);
    var task =
        new Task(layer, geometry, weights.get().floats(), constants, out.get(), node.inputs());
    boolean flat =
        new FlatLayer(geometry, false, Optional.empty(), layer.tail())
            .plan(layer, () -> constants(task), out.get(), planner)
            .isPresent();
    if (!flat) {
      strips(task, planner);
    }
    planner.explain(
        new Choice(
            layer.label(),
            node.op(),
            "depthwise",
            planner.home(layer.output()).layout(),
            Weights.density(task.weights()),
            0,
            flat ? "planes as long rows" : "padded in strips"));
    return true;
  }

  /** Padded rows in scratch memory: any geometry, on the portable kernels. */
  private static void strips(Task task, Planner planner) {
    Layer layer = task.layer();
    Geometry geometry = task.geometry();
    Home.Planes x = planner.planes(task.inputs().getFirst());
    Home.Planes y = planner.newPlanes(task.out());
    Tail tail = layer.tail();
    Optional<Slot> residual = tail.residual().map(value -> Layouts.like(planner, value, y).slot());
    int lanes = planner.kernels().lanes();
    int read =
        (geometry.outWidth() - 1) * geometry.strideWidth()
            + (geometry.kernelWidth() - 1) * geometry.dilationWidth()
            + 1;
    Strip strip =
        Strip.of(
            geometry.strideWidth(),
            geometry.left(),
            Math.max(read, geometry.left() + geometry.width()),
            lanes);
    int bandRows = bandRows(geometry, strip);
    long stripBytes = DepthwiseConvolution.stripRows(geometry, bandRows) * strip.row();
    // The last row of a plane narrower than a vector may not have room for one.
    int surplus = (geometry.outHeight() - 1) * geometry.outWidth() + lanes;
    boolean apart = geometry.outWidth() < lanes && 4L * surplus > y.pitch();
    long bytes = stripBytes + (apart ? 4L * (bandRows * geometry.outWidth() + lanes) : 0);
    List<Slot> scratch = planner.scratch(bytes);
    var touched = new ArrayList<>(List.of(x.slot(), y.slot()));
    touched.addAll(scratch);
    residual.ifPresent(touched::add);
    planner.add(
        new DepthwiseConvolution(
            planner.kernels(),
            geometry,
            strip,
            y.channels() / x.channels(),
            offsets(geometry, strip),
            task.weights(),
            task.bias(),
            bandRows,
            x,
            y,
            scratch,
            apart ? stripBytes : -1,
            residual,
            tail.bounds(),
            tail.curve()),
        touched);
    planner.define(layer.output(), y);
  }

  private static MemorySegment constants(Task task) {
    int weights = task.weights().length;
    MemorySegment constants = Weights.aligned(4L * (weights + task.bias().length));
    MemorySegment.copy(task.weights(), 0, constants, ValueLayout.JAVA_FLOAT, 0, weights);
    MemorySegment.copy(
        task.bias(), 0, constants, ValueLayout.JAVA_FLOAT, 4L * weights, task.bias().length);
    return constants;
  }

  /** Output rows whose input fits into a strip. */
  private static int bandRows(Geometry geometry, Strip strip) {
    int rows = 1;
    while (rows < geometry.outHeight()
        && DepthwiseConvolution.stripRows(geometry, rows + 1) * strip.row() <= STRIP) {
      rows++;
    }
    // Bands of about equal size.
    return Math.ceilDiv(geometry.outHeight(), Math.ceilDiv(geometry.outHeight(), rows));
  }

  private static int[] offsets(Geometry geometry, Strip strip) {
    int[] offsets = new int[geometry.kernelHeight() * geometry.kernelWidth()];
    for (int k = 0; k < offsets.length; k++) {
      int row = k / geometry.kernelWidth() * geometry.dilationHeight();
      int column = k % geometry.kernelWidth() * geometry.dilationWidth();
      offsets[k] = Math.toIntExact(row * strip.row() + strip.column(column));
    }
    return offsets;
  }
}
