package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.Tensor;

/** Resize, an axis at a time: nearest elements are moved, linear and cubic ones are summed. */
final class Resizing {
  private Resizing() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Resize", Resizing::resize);
  }

  private static List<Tensor> resize(Call call) {
    Tensor x = call.input(0);
    if (!x.type().isFloat() && !x.type().isInteger()) {
      throw call.unsupported(x.type());
    }
    Sampling[] axes = samplings(call, x);
    String mode = call.node().text("mode", "nearest");
    Tensor y =
        switch (mode) {
          case "nearest" -> nearest(x, axes);
          case "linear", "cubic" -> interpolate(x, axes, mode.equals("cubic"));
          default -> throw call.invalid("mode is '" + mode + "'");
        };
    return List.of(extrapolate(call, y, axes));
  }

  private static Sampling[] samplings(Call call, Tensor x) {
    int rank = x.rank();
    int[] axes =
        call.node()
            .integers("axes")
            .map(given -> call.axes(given, rank))
            .orElseGet(() -> IntStream.range(0, rank).toArray());
    Tensor scales = call.optional(2).filter(t -> t.size() > 0).orElse(null);
    long[] sizes = call.optional(3).filter(t -> t.size() > 0).map(Tensor::integers).orElse(null);
    if (scales == null == (sizes == null)) {
      throw call.invalid("one of scales and sizes must be given, and not both");
    }
    int given = scales == null ? sizes.length : (int) scales.size();
    float[] roi = call.optional(1).map(Tensor::floats).orElse(new float[0]);
    boolean crop =
        call.node().text("coordinate_transformation_mode", "").equals("tf_crop_and_resize");
    if (given != axes.length || (crop && roi.length != 2 * axes.length)) {
      throw call.invalid(
          "%d scales or sizes and a roi of %d for %d axes"
              .formatted(given, roi.length, axes.length));
    }
    double[] factors = new double[axes.length];
    long[] resized = new long[axes.length];
    for (int k = 0; k < axes.length; k++) {
      long size = x.dim(axes[k]);
      // In float, as the file has the scale: 10 elements at 0.7 are 7, not 6.
      factors[k] = scales == null ? (double) sizes[k] / size : scales.floatAt(k);
      resized[k] = scales == null ? sizes[k] : (long) (scales.floatAt(k) * size);
      if (!(factors[k] > 0) && size > 0 && resized[k] != 0) {
        throw call.invalid("a scale of %s on axis %d of %s".formatted(factors[k], axes[k], x));
      }
    }
    if (sizes != null) {
      keepRatio(call, x, axes, factors, resized);
    }
    Sampling[] samplings = new Sampling[rank];
    for (int axis = 0; axis < rank; axis++) {
      samplings[axis] = new Sampling(call, x.dim(axis), x.dim(axis), 1, 0, 1);
    }
    for (int k = 0; k < axes.length; k++) {
      samplings[axes[k]] =
          new Sampling(
              call,
              x.dim(axes[k]),
              resized[k],
              factors[k],
              crop ? roi[k] : 0,
              crop ? roi[axes.length + k] : 1);
    }
    return samplings;
  }

  private static void keepRatio(Call call, Tensor x, int[] axes, double[] factors, long[] resized) {
    String policy = call.node().text("keep_aspect_ratio_policy", "stretch");
    double factor =
        switch (policy) {
          case "stretch" -> Double.NaN;
          case "not_larger" -> Arrays.stream(factors).min().orElse(1);
          case "not_smaller" -> Arrays.stream(factors).max().orElse(1);
          default -> throw call.invalid("keep_aspect_ratio_policy is '" + policy + "'");
        };
    if (!Double.isNaN(factor)) {
      for (int k = 0; k < axes.length; k++) {
        factors[k] = factor;
        resized[k] = (long) Math.floor(factor * x.dim(axes[k]) + 0.5);
      }
    }
  }

  private static Tensor nearest(Tensor x, Sampling[] axes) {
    Tensor y = x;
    for (int axis = 0; axis < axes.length; axis++) {
      if (!axes[axis].isIdentity()) {
        y = Gathering.pick(y, axis, axes[axis].nearest());
      }
    }
    return y;
  }

  private static Tensor interpolate(Tensor x, Sampling[] axes, boolean cubic) {
    double[] data = new double[Math.toIntExact(x.size())];
    Lanes.read(x, 0, 1, data, data.length);
    long[] dims = x.dims();
    for (int axis = 0; axis < axes.length; axis++) {
      if (!axes[axis].isIdentity()) {
        data = interpolate(data, dims, axis, axes[axis], cubic);
        dims[axis] = axes[axis].resized();
      }
    }
    Tensor y = Tensor.allocate(x.type(), dims);
    Lanes.write(y, 0, data, data.length);
    return y;
  }

  private static double[] interpolate(
      double[] x, long[] dims, int axis, Sampling sampling, boolean cubic) {
    int size = Math.toIntExact(sampling.size());
    int resized = Math.toIntExact(sampling.resized());
    int inner = Math.toIntExact(Strided.rowMajor(dims)[axis]);
    int outer = Math.toIntExact(Tensor.elements(Arrays.copyOf(dims, axis)));
    double[] y = new double[Math.multiplyExact(Math.multiplyExact(outer, resized), inner)];
    for (int j = 0; j < resized; j++) {
      Sampling.Taps taps = sampling.taps(j, cubic);
      for (int t = 0; t < taps.weights().length; t++) {
        double weight = taps.weights()[t];
        int at = (int) Math.clamp(taps.first() + t, 0L, size - 1L);
        for (int block = 0; weight != 0 && block < outer; block++) {
          int from = (block * size + at) * inner;
          int to = (block * resized + j) * inner;
          for (int k = 0; k < inner; k++) {
            y[to + k] += weight * x[from + k];
          }
        }
      }
    }
    return y;
  }

  /** Puts the extrapolation value wherever some axis lies outside. */
  private static Tensor extrapolate(Call call, Tensor y, Sampling[] axes) {
    Tensor result = y;
    double[] value = {call.node().real("extrapolation_value", 0)};
    for (int axis = 0; axis < axes.length; axis++) {
      Sampling sampling = axes[axis];
      long[] outside =
          LongStream.range(0, sampling.resized()).filter(sampling::isOutside).toArray();
      if (outside.length == 0) {
        continue;
      }
      if (result.data().address() == call.input(0).data().address()) {
        result = result.copy(); // nothing was resized: the input itself
      }
      Tensor filler = Tensor.allocate(y.type());
      Lanes.write(filler, 0, value, 1);
      long[] dims = y.dims();
      dims[axis] = 1;
      long[] strides = Strided.rowMajor(y.dims());
      for (long at : outside) {
        Strided.copy(
            Moving.view(filler, 0, new long[dims.length]),
            Moving.view(result, at * strides[axis], strides),
            dims);
      }
    }
    return result;
  }
}
