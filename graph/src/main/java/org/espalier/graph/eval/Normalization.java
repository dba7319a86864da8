package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Normalisation by mean and variance, or by a neighbourhood; statistics are taken in double. */
final class Normalization {
  private Normalization() {}

  static void register(Map<String, Rule> rules) {
    rules.put("BatchNormalization", Normalization::batch);
    rules.put("InstanceNormalization", Normalization::instance);
    rules.put("GroupNormalization", Normalization::group);
    rules.put("LayerNormalization", Normalization::layer);
    rules.put("RMSNormalization", Normalization::rms);
    rules.put("LRN", Normalization::localResponse);
  }

  private static double[] values(Tensor x) {
    double[] values = new double[Math.toIntExact(x.size())];
    Lanes.read(x, 0, 1, values, values.length);
    return values;
  }

  /** One number for each channel. */
  private static double[] perChannel(Call call, int index, Tensor x) {
    Tensor values = Unary.floats(call, index);
    long channels = x.rank() == 1 ? 1 : x.dim(1);
    if (values.rank() != 1 || values.size() != channels) {
      throw call.invalid("input %d is %s for %s".formatted(index, values, x));
    }
    return values(values);
  }

  private static double mean(double[] x, int from, int n) {
    double sum = 0;
    for (int k = 0; k < n; k++) {
      sum += x[from + k];
    }
    return sum / n;
  }

  private static double variance(double[] x, int from, int n, double mean) {
    double sum = 0;
    for (int k = 0; k < n; k++) {
      sum += (x[from + k] - mean) * (x[from + k] - mean);
    }
    return sum / n;
  }

  private static Tensor tensor(DataType type, double[] values, long... dims) {
    Tensor y = Tensor.allocate(type, dims);
    Lanes.write(y, 0, values, values.length);
    return y;
  }

  private static List<Tensor> batch(Call call) {
    Tensor x = Unary.floats(call, 0);
    double[] scale = perChannel(call, 1, x);
    double[] bias = perChannel(call, 2, x);
    double[] mean = perChannel(call, 3, x);
    double[] variance = perChannel(call, 4, x);
    double epsilon = call.node().real("epsilon", 1e-5f);
    double momentum = call.node().real("momentum", 0.9f);
    boolean training = call.node().integer("training_mode", 0) != 0;
    double[] y = values(x);
    int channels = scale.length;
    int batches = (int) (x.rank() == 0 ? 1 : x.dim(0));
    int plane = y.length == 0 ? 0 : y.length / (batches * channels);
    double[] runningMean = new double[channels];
    double[] runningVariance = new double[channels];
    for (int c = 0; c < channels; c++) {
      double m = mean[c];
      double v = variance[c];
      if (training) {
        double[] all = new double[batches * plane];
        for (int n = 0; n < batches; n++) {
          System.arraycopy(y, (n * channels + c) * plane, all, n * plane, plane);
        }
        m = mean(all, 0, all.length);
        v = variance(all, 0, all.length, m);
        runningMean[c] = mean[c] * momentum + m * (1 - momentum);
        runningVariance[c] = variance[c] * momentum + v * (1 - momentum);
      }
      double factor = scale[c] / Math.sqrt(v + epsilon);
      for (int n = 0; n < batches; n++) {
        int at = (n * channels + c) * plane;
        for (int k = 0; k < plane; k++) {
          y[at + k] = (y[at + k] - m) * factor + bias[c];
        }
      }
    }
    Tensor result = tensor(x.type(), y, x.dims());
    return training
        ? List.of(
            result,
            tensor(call.input(3).type(), runningMean, channels),
            tensor(call.input(4).type(), runningVariance, channels))
        : List.of(result);
  }

  private static List<Tensor> instance(Call call) {
    Tensor x = Unary.floats(call, 0);
    return List.of(groups(call, x, x.dim(1)));
  }

  private static List<Tensor> group(Call call) {
    return List.of(groups(call, Unary.floats(call, 0), call.node().integer("num_groups", 0)));
  }

  /** Each group of channels of each sample by itself, then scale and bias for each channel. */
  private static Tensor groups(Call call, Tensor x, long groups) {
    double[] scale = perChannel(call, 1, x);
    double[] bias = perChannel(call, 2, x);
    double epsilon = call.node().real("epsilon", 1e-5f);
    if (x.rank() < 2 || groups < 1 || x.dim(1) % groups != 0) {
      throw call.invalid("%d groups of the channels of %s".formatted(groups, x));
    }
    double[] y = values(x);
    int channels = scale.length;
    int plane = y.length == 0 ? 1 : (int) (y.length / (x.dim(0) * channels));
    int length = (int) (channels / groups) * plane;
    for (int from = 0; from < y.length; from += length) {
      double mean = mean(y, from, length);
      double factor = 1 / Math.sqrt(variance(y, from, length, mean) + epsilon);
      for (int k = from; k < from + length; k++) {
        int channel = k / plane % channels;
        y[k] = (y[k] - mean) * factor * scale[channel] + bias[channel];
      }
    }
    return tensor(x.type(), y, x.dims());
  }

  /** The axes from {@code axis} on as one row. */
  private static int rowLength(Call call, Tensor x, int axis) {
    long[] tail = Arrays.copyOfRange(x.dims(), axis, x.rank());
    long length = Tensor.elements(tail);
    if (length == 0) {
      throw call.invalid("nothing to normalise in " + x);
    }
    return Math.toIntExact(length);
  }

  /** A scale or bias spread over {@code x} from {@code axis} on. */
  private static double[] spread(Call call, int index, Tensor x, int axis) {
    long[] tail = Arrays.copyOfRange(x.dims(), axis, x.rank());
    Tensor given = Unary.floats(call, index);
    long[] dims =
        Elementwise.broadcast(call, List.of(given, Tensor.allocate(DataType.BOOL, tail))).dims();
    if (!Arrays.equals(dims, tail)) {
      throw call.invalid("input %d is %s for %s from axis %d on".formatted(index, given, x, axis));
    }
    return values(Moving.expand(given, tail));
  }

  private static List<Tensor> layer(Call call) {
    Tensor x = Unary.floats(call, 0);
    int axis = call.axis("axis", -1, x.rank());
    double epsilon = call.node().real("epsilon", 1e-5f);
    int length = rowLength(call, x, axis);
    double[] scale = spread(call, 1, x, axis);
    double[] bias = call.optional(2).isPresent() ? spread(call, 2, x, axis) : new double[length];
    double[] y = values(x);
    double[] means = new double[y.length / length];
    double[] factors = new double[means.length];
    for (int row = 0; row < means.length; row++) {
      int from = row * length;
      means[row] = mean(y, from, length);
      factors[row] = 1 / Math.sqrt(variance(y, from, length, means[row]) + epsilon);
      for (int k = 0; k < length; k++) {
        y[from + k] = (y[from + k] - means[row]) * factors[row] * scale[k] + bias[k];
      }
    }
    long[] dims = x.dims();
    Arrays.fill(dims, axis, dims.length, 1);
    DataType stash = call.type("stash_type", DataType.FLOAT);
    return List.of(
        tensor(x.type(), y, x.dims()), tensor(stash, means, dims), tensor(stash, factors, dims));
  }

  private static List<Tensor> rms(Call call) {
    Tensor x = Unary.floats(call, 0);
    int axis = call.axis("axis", -1, x.rank());
    double epsilon = call.node().real("epsilon", 1e-5f);
    int length = rowLength(call, x, axis);
    double[] scale = spread(call, 1, x, axis);
    double[] y = values(x);
    for (int from = 0; from < y.length; from += length) {
      double factor = 1 / Math.sqrt(variance(y, from, length, 0) + epsilon);
      for (int k = 0; k < length; k++) {
        y[from + k] *= factor * scale[k];
      }
    }
    return List.of(tensor(call.input(1).type(), y, x.dims()));
  }

  private static List<Tensor> localResponse(Call call) {
    Tensor x = Unary.floats(call, 0);
    double alpha = call.node().real("alpha", 1e-4f);
    double beta = call.node().real("beta", 0.75f);
    double bias = call.node().real("bias", 1);
    long size = call.node().integer("size", 0);
    if (x.rank() < 3 || size < 1) {
      throw call.invalid("%s with a neighbourhood of %d".formatted(x, size));
    }
    double[] in = values(x);
    double[] y = new double[in.length];
    int channels = (int) x.dim(1);
    int plane = in.length == 0 ? 1 : (int) (in.length / (x.dim(0) * channels));
    for (int k = 0; k < in.length; k++) {
      int channel = k / plane % channels;
      long first = Math.max(0, channel - (size - 1) / 2);
      long last = Math.min(channels - 1, channel + size / 2);
      double squares = 0;
      for (long c = first; c <= last; c++) {
        double value = in[(int) (k + (c - channel) * plane)];
        squares += value * value;
      }
      y[k] = in[k] / Math.pow(bias + alpha / size * squares, beta);
    }
    return List.of(tensor(x.type(), y, x.dims()));
  }
}
