package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Convolutions by their definition, summed in double; of any number of spatial axes. */
final class Convolution {
  private Convolution() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Conv", Convolution::conv);
    rules.put("ConvTranspose", Convolution::convTranspose);
  }

  private static double[] values(Call call, int index) {
    return Lanes.reals(Unary.floats(call, index));
  }

  private static int groups(Call call, Tensor x, Tensor w, long perGroup) {
    long groups = call.node().integer("group", 1);
    if (x.rank() < 3 || w.rank() != x.rank() || groups < 1 || perGroup * groups != x.dim(1)) {
      throw call.invalid(
          "weight %s takes %d input channels, the input is %s".formatted(w, perGroup * groups, x));
    }
    return (int) groups;
  }

  private static double[] bias(Call call, long channels) {
    if (call.optional(2).isEmpty()) {
      return new double[(int) channels];
    }
    double[] bias = values(call, 2);
    if (bias.length != channels) {
      throw call.invalid("a bias of %d for %d channels".formatted(bias.length, channels));
    }
    return bias;
  }

  private static Tensor result(
      DataType type, double[] values, long batch, long channels, long[] out) {
    long[] dims = new long[out.length + 2];
    dims[0] = batch;
    dims[1] = channels;
    System.arraycopy(out, 0, dims, 2, out.length);
    Tensor y = Tensor.allocate(type, dims);
    Lanes.write(y, 0, values, values.length);
    return y;
  }

  private static List<Tensor> conv(Call call) {
    Tensor x = call.input(0);
    Tensor w = call.input(1);
    long perGroup = w.rank() < 2 ? 0 : w.dim(1);
    int groups = groups(call, x, w, perGroup);
    int channels = Math.toIntExact(w.dim(0));
    if (channels % groups != 0) {
      throw call.invalid("%d output channels in %d groups".formatted(channels, groups));
    }
    Window window = Window.of(call, x, Arrays.copyOfRange(w.dims(), 2, w.rank()));
    double[] in = values(call, 0);
    double[] weights = values(call, 1);
    double[] bias = bias(call, channels);
    int plane = Math.toIntExact(Tensor.elements(window.size()));
    int places = Math.toIntExact(Tensor.elements(window.out()));
    int taps = Math.toIntExact(Tensor.elements(window.kernel()));
    double[] y = new double[Math.toIntExact(x.dim(0) * channels * places)];
    int[][] sources = sources(window, taps, places);
    for (int n = 0; n < x.dim(0); n++) {
      for (int o = 0; o < channels; o++) {
        int to = (n * channels + o) * places;
        Arrays.fill(y, to, to + places, bias[o]);
        for (int c = 0; c < perGroup; c++) {
          int channel = (int) (o / (channels / groups) * perGroup + c);
          int from = (int) (n * x.dim(1) + channel) * plane;
          for (int t = 0; t < taps; t++) {
            double weight = weights[(int) (o * perGroup + c) * taps + t];
            int[] source = sources[t];
            for (int p = 0; p < places; p++) {
              if (source[p] >= 0) {
                y[to + p] += weight * in[from + source[p]];
              }
            }
          }
        }
      }
    }
    return List.of(result(x.type(), y, x.dim(0), channels, window.out()));
  }

  /** For each tap and place of the window the position in the plane, or -1 in the padding. */
  private static int[][] sources(Window window, int taps, int places) {
    int[][] sources = new int[taps][places];
    long[] tap = new long[window.size().length];
    long[] place = new long[window.size().length];
    boolean[] ignored = new boolean[1];
    for (int t = 0; t < taps; t++) {
      Window.unravel(t, window.kernel(), tap);
      for (int p = 0; p < places; p++) {
        Window.unravel(p, window.out(), place);
        sources[t][p] = (int) window.position(place, tap, ignored);
      }
    }
    return sources;
  }

  /** The window takes its places on the output, and every input element is spread over one. */
  private static List<Tensor> convTranspose(Call call) {
    Tensor x = call.input(0);
    Tensor w = call.input(1);
    int groups = groups(call, x, w, w.dim(0) / Math.max(1, call.node().integer("group", 1)));
    int perGroup = Math.toIntExact(w.dim(1));
    int channels = perGroup * groups;
    Window window = transposed(call, x, Arrays.copyOfRange(w.dims(), 2, w.rank()));
    double[] in = values(call, 0);
    double[] weights = values(call, 1);
    double[] bias = bias(call, channels);
    int plane = Math.toIntExact(Tensor.elements(window.size()));
    int places = Math.toIntExact(Tensor.elements(window.out()));
    int taps = Math.toIntExact(Tensor.elements(window.kernel()));
    int inputs = Math.toIntExact(x.dim(1));
    double[] y = new double[Math.toIntExact(x.dim(0) * channels * plane)];
    int[][] targets = sources(window, taps, places);
    for (int n = 0; n < x.dim(0); n++) {
      for (int o = 0; o < channels; o++) {
        int to = (n * channels + o) * plane;
        Arrays.fill(y, to, to + plane, bias[o]);
        int group = o / perGroup;
        for (int c = group * (inputs / groups); c < (group + 1) * (inputs / groups); c++) {
          for (int t = 0; t < taps; t++) {
            double weight = weights[(c * perGroup + o % perGroup) * taps + t];
            int[] target = targets[t];
            for (int p = 0; p < places; p++) {
              if (target[p] >= 0) {
                y[to + target[p]] += weight * in[(n * inputs + c) * places + p];
              }
            }
          }
        }
      }
    }
    return List.of(result(x.type(), y, x.dim(0), channels, window.size()));
  }

  private static Window transposed(Call call, Tensor x, long[] kernel) {
    int axes = kernel.length;
    long[] in = Arrays.copyOfRange(x.dims(), 2, x.rank());
    long[] strides = Window.perAxis(call, "strides", axes);
    long[] dilations = Window.perAxis(call, "dilations", axes);
    long[] pads = call.node().integers("pads", new long[2 * axes]);
    long[] extra = call.node().integers("output_padding", new long[axes]);
    long[] wanted = call.node().integers("output_shape", new long[0]);
    if (pads.length != 2 * axes
        || extra.length != axes
        || (wanted.length != 0 && wanted.length != axes && wanted.length != axes + 2)) {
      throw call.invalid(
          "%d pads, %d output_padding, %d output_shape for %d axes"
              .formatted(pads.length, extra.length, wanted.length, axes));
    }
    String auto = call.node().text("auto_pad", "NOTSET");
    long[] before = new long[axes];
    long[] after = new long[axes];
    long[] size = new long[axes];
    for (int k = 0; k < axes; k++) {
      long full = strides[k] * (in[k] - 1) + extra[k] + (kernel[k] - 1) * dilations[k] + 1;
      if (wanted.length > 0) {
        size[k] = wanted[wanted.length - axes + k];
      } else if (auto.startsWith("SAME")) {
        size[k] = in[k] * strides[k];
      } else {
        boolean none = auto.equals("VALID");
        before[k] = none ? 0 : pads[k];
        after[k] = none ? 0 : pads[axes + k];
        size[k] = full - before[k] - after[k];
        if (size[k] < 0) {
          throw call.invalid("pads leave %d of axis %d".formatted(size[k], k));
        }
        continue;
      }
      // As ONNX Runtime has it: without auto_pad the odd one is in front.
      long total = Math.max(0, full - size[k]);
      before[k] = auto.equals("SAME_UPPER") ? total / 2 : total - total / 2;
      after[k] = total - before[k];
    }
    return new Window(size, kernel, strides, dilations, before, after, in);
  }
}
