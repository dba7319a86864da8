package org.espalier.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What a network was shown and what it said. The tensors belong to the {@code PointerScope} around.
 *
 * @param examples as the network takes them, [n, ...]
 * @param targets of the dataset, [n, ...]
 * @param logits the network's first output, or its logarithm where that is probabilities
 * @param taps the values in between that were asked for, by name
 */
public record Pass(Tensor examples, Tensor targets, Tensor logits, Map<String, Tensor> taps) {
  /** How many examples there are. */
  public long size() {
    return examples.size(0);
  }

  /** A value in between that was asked for. */
  public Tensor tap(String name) {
    return taps.get(name);
  }
}
