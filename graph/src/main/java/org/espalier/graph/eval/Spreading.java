package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Operators that put windows back where they were taken from, and CenterCropPad. */
final class Spreading {
  private Spreading() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Col2Im", Spreading::columns);
    rules.put("MaxUnpool", Spreading::unpool);
    rules.put("CenterCropPad", Carrier.moving(Spreading::centre));
  }

  /** Sums of the columns of [N, C * block, places] over an image. */
  private static List<Tensor> columns(Call call) {
    Tensor x = Unary.floats(call, 0);
    long[] image = call.integers(1);
    long[] block = call.integers(2);
    int axes = image.length;
    long taps = Tensor.elements(block);
    if (x.rank() != 3 || block.length != axes || x.dim(1) % Math.max(1, taps) != 0) {
      throw call.invalid("%s as blocks of %s".formatted(x, Arrays.toString(block)));
    }
    int channels = (int) (x.dim(1) / taps);
    long[] dims = new long[axes + 2];
    dims[0] = x.dim(0);
    dims[1] = channels;
    System.arraycopy(image, 0, dims, 2, axes);
    Tensor y = Tensor.allocate(x.type(), dims);
    Window window = Window.of(call, y, block);
    int places = (int) Tensor.elements(window.out());
    if (x.dim(2) != places) {
      throw call.invalid("%s for %d places of the block".formatted(x, places));
    }
    double[] in = Lanes.reals(x);
    double[] out = new double[(int) y.size()];
    int plane = (int) Tensor.elements(image);
    long[] tap = new long[axes];
    long[] place = new long[axes];
    boolean[] ignored = new boolean[1];
    for (int row = 0; row < x.dim(0) * x.dim(1); row++) {
      Window.unravel(row % taps, block, tap);
      int to = (int) (row / taps) * plane;
      for (int p = 0; p < places; p++) {
        Window.unravel(p, window.out(), place);
        long position = window.position(place, tap, ignored);
        if (position >= 0) {
          out[to + (int) position] += in[row * places + p];
        }
      }
    }
    Lanes.write(y, 0, out, out.length);
    return List.of(y);
  }

  /** Positions count in a tensor of the inferred shape, whatever shape is asked for. */
  private static List<Tensor> unpool(Call call) {
    Tensor x = Unary.floats(call, 0);
    Tensor positions = call.input(1);
    int axes = x.rank() - 2;
    long[] kernel = call.node().integers("kernel_shape", new long[0]);
    long[] pads = call.node().integers("pads", new long[2 * Math.max(0, axes)]);
    if (axes < 1 || kernel.length != axes || positions.size() != x.size()) {
      throw call.invalid("%s at positions %s".formatted(x, positions));
    }
    long[] strides = Window.perAxis(call, "strides", axes);
    long[] dims = x.dims();
    for (int k = 0; k < axes; k++) {
      dims[k + 2] = (x.dim(k + 2) - 1) * strides[k] + kernel[k] - pads[k] - pads[axes + k];
    }
    Tensor y = Tensor.allocate(x.type(), dims);
    for (long k = 0; k < x.size(); k++) {
      y.setReal(Gathering.inside(call, positions.integerAt(k), y.size()), x.realAt(k));
    }
    long[] wanted = call.optional(2).map(Tensor::integers).orElse(dims);
    if (Arrays.equals(wanted, dims)) {
      return List.of(y);
    }
    boolean fits = wanted.length == dims.length;
    for (int k = 0; k < dims.length && fits; k++) {
      fits = wanted[k] >= dims[k];
    }
    if (!fits) {
      throw call.invalid("%s into %s".formatted(y, Arrays.toString(wanted)));
    }
    Tensor wide = Tensor.allocate(x.type(), wanted);
    Strided.copy(Moving.view(y), Moving.view(wide, 0, Strided.rowMajor(wanted)), dims);
    return List.of(wide);
  }

  private static List<Tensor> centre(Call call) {
    Tensor x = call.input(0);
    if (x.type() == DataType.STRING) {
      throw call.unsupported(x.type());
    }
    long[] wanted = call.integers(1);
    long[] all = new long[x.rank()];
    Arrays.setAll(all, axis -> axis);
    int[] axes = call.axes(call.node().integers("axes", all), x.rank());
    if (wanted.length != axes.length) {
      throw call.invalid("%d sizes for %d axes".formatted(wanted.length, axes.length));
    }
    long[] dims = x.dims();
    long[] common = x.dims();
    long from = 0;
    long to = 0;
    long[] strides = Strided.rowMajor(dims);
    for (int k = 0; k < axes.length; k++) {
      dims[axes[k]] = wanted[k];
    }
    Tensor y = Tensor.allocate(x.type(), dims);
    long[] target = Strided.rowMajor(dims);
    for (int axis = 0; axis < dims.length; axis++) {
      long more = dims[axis] - x.dim(axis);
      from += more < 0 ? -more / 2 * strides[axis] : 0;
      to += more > 0 ? more / 2 * target[axis] : 0;
      common[axis] = Math.min(dims[axis], x.dim(axis));
    }
    Strided.copy(Moving.view(x, from, strides), Moving.view(y, to, target), common);
    return List.of(y);
  }
}
