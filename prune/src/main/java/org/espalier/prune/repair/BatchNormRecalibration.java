package org.espalier.prune.repair;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.torch.Libtorch;
import org.espalier.torch.PausingPass;
import org.espalier.torch.TorchModel;

/**
 * Batch normalisations get the mean and variance that their inputs have in the pruned network, one
 * after the other: each sees what the ones before it make with their new statistics.
 */
public record BatchNormRecalibration() implements Repair {
  @Override
  public Model repair(Removal removal, Model pruned, Calibration calibration) {
    return recalibrated(pruned, calibration);
  }

  /** A model whose statistics are those of these data; itself where it normalises no batches. */
  public static Model recalibrated(Model pruned, Calibration calibration) {
    if (pruned.graph().nodes().stream().noneMatch(node -> node.is("BatchNormalization"))) {
      return pruned;
    }
    List<Map<String, org.espalier.graph.Tensor>> batches = Calibration.inputs(calibration);
    var frozen = TorchModel.Options.usual().withTrainable(_ -> false);
    var mended = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    try (TorchModel torch = TorchModel.of(pruned, frozen);
        PausingPass pass = torch.pausing(batches)) {
      for (Node node : pruned.graph().nodes()) {
        if (isNormalisation(node, torch)) {
          var moments = new Moments((int) torch.weights().get(node.inputs().get(3)).size());
          pass.until(node.inputs().getFirst(), moments::add);
          put(node.inputs().get(3), moments.mean(), torch, mended);
          put(node.inputs().get(4), moments.variance(), torch, mended);
        }
      }
    }
    return pruned.withGraph(pruned.graph().replacing(mended));
  }

  private static boolean isNormalisation(Node node, TorchModel torch) {
    return node.is("BatchNormalization")
        && torch.has(node.inputs().getFirst())
        && torch.weights().containsKey(node.inputs().get(3))
        && torch.weights().containsKey(node.inputs().get(4));
  }

  private static void put(
      String name,
      double[] values,
      TorchModel torch,
      Map<String, org.espalier.graph.Tensor> mended) {
    org.espalier.graph.Tensor running = torch.weights().get(name);
    for (int k = 0; k < values.length; k++) {
      running.setReal(k, values[k]);
    }
    mended.put(name, running.copy());
  }

  /** Sums over everything but the channels, in float64. */
  private static final class Moments {
    private final double[] sums;
    private final double[] squares;
    private long count;

    Moments(int channels) {
      sums = new double[channels];
      squares = new double[channels];
    }

    void add(Tensor value) {
      try (var _ = new PointerScope()) {
        Tensor rows = value.transpose(0, 1).reshape(sums.length, -1).to(ScalarType.Double);
        long[] axis = {1};
        add(rows.sum(axis, false, new ScalarTypeOptional()), sums);
        add(rows.square().sum(axis, false, new ScalarTypeOptional()), squares);
        count += rows.size(1);
      }
    }

    private static void add(Tensor part, double[] to) {
      org.espalier.graph.Tensor values = Libtorch.copy(part);
      for (int k = 0; k < to.length; k++) {
        to[k] += values.realAt(k);
      }
    }

    double[] mean() {
      double[] mean = sums.clone();
      for (int k = 0; k < mean.length; k++) {
        mean[k] /= count;
      }
      return mean;
    }

    /** Of a sample, as in training: the sum is divided by one less than the count. */
    double[] variance() {
      double[] variance = squares.clone();
      for (int k = 0; k < variance.length; k++) {
        double mean = sums[k] / count;
        variance[k] = Math.max(0, squares[k] - count * mean * mean) / Math.max(1, count - 1);
      }
      return variance;
    }
  }
}
