package org.espalier.prune.repair;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.torch.PausingPass;
import org.espalier.torch.TorchModel;

/**
 * Batch normalisations get the mean and variance that their inputs have in the pruned network, one
 * after the other: each sees what the ones before it make with their new statistics.
 */
public record BatchNormRecalibration() implements Repair {
  @Override
  public boolean mendsZeros() {
    return true;
  }

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

  @Override
  public String toString() {
    return "batch-norm";
  }
}
