package org.espalier.prune.allocation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.Mask;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Finite;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;

/**
 * How far a network's outputs move when weights go: the squared change, averaged over the outputs
 * of an example.
 *
 * @param mean over the examples
 * @param worst of all examples
 */
public record Distortion(double mean, double worst) {
  /**
   * Measures changes one after the other. The network's weights are then what they were.
   *
   * @param changes the masks of each, by the names of weights; what isn't named stays as it is
   * @param samples how many examples to look at, rounded up to whole batches
   */
  public static List<Distortion> of(
      Evidence evidence, List<Map<String, Mask>> changes, long samples) {
    double[] sums = new double[changes.size()];
    double[] worst = new double[changes.size()];
    long[] seen = new long[1];
    evidence.forEachBatch(
        (model, inputs, _) -> {
          if (seen[0] < samples) {
            seen[0] += inputs.values().iterator().next().size(0);
            try (var _ = new AutoGradMode(false)) {
              Tensor outputs = model.forward(inputs, Mode.EVAL).output();
              Tensor dense = Finite.checked(outputs, "the network's output");
              for (int k = 0; k < sums.length; k++) {
                try (var _ = new PointerScope()) {
                  Tensor moved = outputs(model, inputs, changes.get(k)).sub(dense).square();
                  Tensor byExample = moved.reshape(moved.size(0), -1).mean(1);
                  sums[k] += byExample.sum().item().toDouble();
                  worst[k] = Math.max(worst[k], byExample.max().item().toDouble());
                }
              }
            }
          }
        });
    return IntStream.range(0, sums.length)
        .mapToObj(k -> new Distortion(sums[k] / seen[0], worst[k]))
        .toList();
  }

  /** What the network gives with these masks applied. */
  private static Tensor outputs(
      TorchModel model, Map<String, Tensor> inputs, Map<String, Mask> masks) {
    var saved = new HashMap<String, org.espalier.graph.Tensor>();
    try {
      masks.forEach(
          (name, mask) -> {
            org.espalier.graph.Tensor live = model.weights().get(name);
            saved.put(name, live.copy());
            live.data().copyFrom(mask.apply(saved.get(name)).data());
          });
      return model.forward(inputs, Mode.EVAL).output();
    } finally {
      saved.forEach((name, was) -> model.weights().get(name).data().copyFrom(was.data()));
    }
  }
}
