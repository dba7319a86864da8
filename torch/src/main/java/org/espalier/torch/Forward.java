package org.espalier.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What one forward pass gave. The tensors carry their autograd history and belong to the {@link
 * org.bytedeco.javacpp.PointerScope} that was open when the pass began.
 *
 * @param outputs the model's outputs by name, in the model's order
 * @param taps the values that were asked for, by name
 */
public record Forward(Map<String, Tensor> outputs, Map<String, Tensor> taps) {
  /** The first output: of most models the only one. */
  public Tensor output() {
    return outputs.values().iterator().next();
  }
}
