package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Fourier transforms by their definition, and the windows that go with them. */
final class Spectra {
  private Spectra() {}

  static void register(Map<String, Rule> rules) {
    rules.put("DFT", Spectra::transform);
    rules.put("STFT", Spectra::shortTime);
    rules.put("HannWindow", window(turn -> 0.5 - 0.5 * Math.cos(turn)));
    rules.put("HammingWindow", window(turn -> 25.0 / 46 - 21.0 / 46 * Math.cos(turn)));
    rules.put(
        "BlackmanWindow", window(turn -> 0.42 - 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn)));
  }

  private static Rule window(DoubleUnaryOperator shape) {
    return call -> {
      int size = Math.toIntExact(call.integer(0));
      if (size < 0) {
        throw call.invalid("a window of " + size);
      }
      int period = call.node().integer("periodic", 1) != 0 ? size : size - 1;
      double[] values = new double[size];
      for (int k = 0; k < size; k++) {
        values[k] = shape.applyAsDouble(2 * Math.PI * k / Math.max(1, period));
      }
      Tensor y = Tensor.allocate(call.type("output_datatype", DataType.FLOAT), size);
      Lanes.write(y, 0, values, size);
      return List.of(y);
    };
  }

  /** A transform of {@code length} numbers, with a table of the roots of one. */
  private static final class Fourier {
    private final double[] cos;
    private final double[] sin;

    Fourier(int length) {
      cos = new double[length];
      sin = new double[length];
      for (int k = 0; k < length; k++) {
        cos[k] = Math.cos(2 * Math.PI * k / length);
        sin[k] = Math.sin(2 * Math.PI * k / length);
      }
    }

    /** Bin {@code bin} of complex numbers, real and imaginary parts in turn. */
    void bin(double[] in, int bin, boolean inverse, double[] out) {
      double real = 0;
      double imaginary = 0;
      int length = cos.length;
      for (int k = 0; k < length; k++) {
        int at = (int) ((long) k * bin % length);
        double s = inverse ? sin[at] : -sin[at];
        real += in[2 * k] * cos[at] - in[2 * k + 1] * s;
        imaginary += in[2 * k] * s + in[2 * k + 1] * cos[at];
      }
      out[2 * bin] = inverse ? real / length : real;
      out[2 * bin + 1] = inverse ? imaginary / length : imaginary;
    }
  }

  private static List<Tensor> transform(Call call) {
    Tensor x = Unary.floats(call, 0);
    int rank = x.rank();
    long parts = rank < 2 ? 0 : x.dim(rank - 1);
    int axis = call.axis(call.optional(2).isPresent() ? call.integer(2) : -2, rank);
    boolean inverse = call.node().integer("inverse", 0) != 0;
    boolean half = call.node().integer("onesided", 0) != 0;
    if (axis == rank - 1 || parts < 1 || parts > 2) {
      throw call.invalid("%s along axis %d".formatted(x, axis));
    }
    int size = (int) x.dim(axis);
    int whole = inverse && half ? 2 * (size - 1) : size;
    int length = call.optional(1).isPresent() ? (int) call.integer(1) : whole;
    if (length < 1) {
      throw call.invalid("a transform of length " + length);
    }
    int bins = half && !inverse ? length / 2 + 1 : length;
    boolean real = inverse && half;
    long[] dims = x.dims();
    dims[axis] = bins;
    dims[rank - 1] = real ? 1 : 2;
    Tensor y = Tensor.allocate(x.type(), dims);
    var fourier = new Fourier(length);
    double[] in = Lanes.reals(x);
    double[] out = new double[(int) y.size()];
    int inner = (int) Tensor.elements(Arrays.copyOfRange(dims, axis + 1, rank - 1));
    int outer = (int) Tensor.elements(Arrays.copyOf(dims, axis));
    double[] line = new double[2 * length];
    double[] result = new double[2 * bins];
    for (int row = 0; row < outer * inner; row++) {
      int block = row / inner;
      Arrays.fill(line, 0);
      for (int k = 0; k < Math.min(size, length); k++) {
        int at = ((block * size + k) * inner + row % inner) * (int) parts;
        line[2 * k] = in[at];
        line[2 * k + 1] = parts == 2 ? in[at + 1] : 0;
      }
      if (real) {
        mirror(line, Math.min(size, length), length);
      }
      for (int bin = 0; bin < bins; bin++) {
        fourier.bin(line, bin, inverse, result);
        int at = ((block * bins + bin) * inner + row % inner) * (real ? 1 : 2);
        out[at] = result[2 * bin];
        if (!real) {
          out[at + 1] = result[2 * bin + 1];
        }
      }
    }
    Lanes.write(y, 0, out, out.length);
    return List.of(y);
  }

  /** The bins that the spectrum of real numbers leaves out: mirrored and conjugate. */
  private static void mirror(double[] line, int known, int length) {
    for (int k = Math.min(known, length / 2 + 1); k < length; k++) {
      line[2 * k] = 0;
      line[2 * k + 1] = 0;
    }
    for (int k = 1; k < (length + 1) / 2; k++) {
      line[2 * (length - k)] = line[2 * k];
      line[2 * (length - k) + 1] = -line[2 * k + 1];
    }
  }

  private static List<Tensor> shortTime(Call call) {
    Tensor x = Unary.floats(call, 0);
    int step = (int) call.integer(1);
    double[] window = call.optional(2).map(Lanes::reals).orElse(null);
    int length =
        call.optional(3).isPresent() ? (int) call.integer(3) : window == null ? 0 : window.length;
    boolean fits = x.rank() == 3 && x.dim(2) >= 1 && x.dim(2) <= 2 && step > 0 && length > 0;
    if (!fits || (window != null && window.length > length) || x.dim(1) < length) {
      throw call.invalid("%s in steps of %d and frames of %d".formatted(x, step, length));
    }
    int parts = (int) x.dim(2);
    int frames = (int) (x.dim(1) - length) / step + 1;
    int bins = call.node().integer("onesided", 1) != 0 ? length / 2 + 1 : length;
    Tensor y = Tensor.allocate(x.type(), x.dim(0), frames, bins, 2);
    double[] in = Lanes.reals(x);
    double[] line = new double[2 * length];
    double[] result = new double[2 * bins];
    var fourier = new Fourier(length);
    int before = window == null ? 0 : (length - window.length) / 2;
    for (int row = 0; row < x.dim(0) * frames; row++) {
      int from = row / frames * (int) x.dim(1) + row % frames * step;
      for (int k = 0; k < length; k++) {
        boolean outside = window != null && (k < before || k - before >= window.length);
        double factor = window == null ? 1 : outside ? 0 : window[k - before];
        line[2 * k] = factor * in[(from + k) * parts];
        line[2 * k + 1] = parts == 2 ? factor * in[(from + k) * parts + 1] : 0;
      }
      for (int bin = 0; bin < bins; bin++) {
        fourier.bin(line, bin, false, result);
      }
      Lanes.write(y, (long) row * result.length, result, result.length);
    }
    return List.of(y);
  }
}
