package org.espalier.study.measure;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Layer;
import org.espalier.torch.Libtorch;

/**
 * How far activations have collapsed: the variance of each layer's output channels over that in the
 * dense network, on examples of the training part. Much of what pruning costs at once is this
 * collapse, and comes back when channels are scaled to their old deviation (Jordan et al., 2023; Qu
 * and Horvath, 2024).
 */
final class ActivationVariance implements Measurement.OfTwo {
  @Override
  public String name() {
    return "activation-variance";
  }

  @Override
  public String title() {
    return "how far the variance of each layer's outputs has collapsed";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    Map<String, double[]> before = variances(dense);
    Map<String, double[]> after = variances(pruned);
    before.keySet().retainAll(after.keySet());
    if (before.isEmpty()) {
      throw new InvalidInputException(name() + " needs networks that share a layer");
    }
    var table = new Findings.Table("layers", "layer", "dense deviation", "pruned", "variance kept");
    double sum = 0;
    double least = Double.POSITIVE_INFINITY;
    for (String layer : before.keySet()) {
      double was = Answers.mean(before.get(layer));
      double is = Answers.mean(after.get(layer));
      double kept = was == 0 ? 1 : is / was;
      sum += kept;
      least = Math.min(least, kept);
      table = table.row(layer, Math.sqrt(was), Math.sqrt(is), kept);
    }
    return Findings.NONE.and("varianceKept", sum / before.size()).and("least", least).and(table);
  }

  /** Of each layer's output channels, by the layer's weight, in graph order. */
  static Map<String, double[]> variances(Subject subject) {
    Map<String, Layer> outputs = new LinkedHashMap<>();
    subject.layers().forEach(layer -> outputs.put(layer.node().outputs().getFirst(), layer));
    var sums = new LinkedHashMap<String, double[][]>();
    subject.forEachBatch(
        subject.training(),
        outputs.keySet(),
        (values, targets) ->
            values.forEach(
                (value, tensor) -> add(sums, value, channels(outputs.get(value), tensor))));
    var variances = new LinkedHashMap<String, double[]>();
    outputs.forEach(
        (value, layer) -> {
          if (sums.containsKey(value)) {
            variances.put(layer.weight(), variances(sums.get(value)));
          }
        });
    return variances;
  }

  /** A row for each channel, in float64. */
  private static Tensor channels(Layer layer, Tensor output) {
    boolean second = layer.node().op().startsWith("Conv");
    Tensor first = output.detach().movedim(second ? 1 : -1, 0);
    return first.reshape(first.size(0), -1).to(ScalarType.Double);
  }

  /** Adds up counts, sums and squares, channel by channel. */
  private static void add(Map<String, double[][]> sums, String value, Tensor channels) {
    int count = (int) channels.size(0);
    double[][] to = sums.computeIfAbsent(value, _ -> new double[3][count]);
    org.espalier.graph.Tensor sum = Libtorch.copy(channels.mean(1));
    org.espalier.graph.Tensor square = Libtorch.copy(channels.square().mean(1));
    double more = channels.size(1);
    for (int k = 0; k < count; k++) {
      to[0][k] += more;
      to[1][k] += more * sum.realAt(k);
      to[2][k] += more * square.realAt(k);
    }
  }

  private static double[] variances(double[][] sums) {
    double[] variances = new double[sums[0].length];
    for (int k = 0; k < variances.length; k++) {
      double mean = sums[1][k] / sums[0][k];
      variances[k] = Math.max(0, sums[2][k] / sums[0][k] - mean * mean);
    }
    return variances;
  }
}
