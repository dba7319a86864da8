package org.espalier.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Tensor;
import org.espalier.prune.Masks;

/** The weights of the best epoch so far, with the masks that were in force. */
record BestEpoch(int epoch, double merit, Map<String, Tensor> weights, Masks masks) {
  static BestEpoch of(int epoch, double merit, Map<String, Tensor> weights, Masks masks) {
    var copies = new LinkedHashMap<String, Tensor>();
    weights.forEach((name, tensor) -> copies.put(name, tensor.copy()));
    return new BestEpoch(epoch, merit, copies, masks);
  }

  /** What is to be large: accuracy, or where there is none the loss turned round. */
  static double merit(Evaluation judged) {
    return Double.isNaN(judged.accuracy()) ? -judged.loss() : judged.accuracy();
  }

  void restore(Map<String, Tensor> target, HeldMasks held) {
    target.forEach((name, tensor) -> tensor.data().copyFrom(weights.get(name).data()));
    held.hold(masks);
  }
}
