package org.espalier.prune.repair;

import org.bytedeco.pytorch.Tensor;
import org.espalier.torch.Libtorch;

/** Values of the original with the channels alone that its pruned network still has. */
final class Kept {
  private Kept() {}

  /**
   * A value without the channels that are gone.
   *
   * @param kept the indices along the axis that stay; none means all
   */
  static Tensor of(Tensor value, int axis, int... kept) {
    return kept.length == 0
        ? value
        : value.index_select(axis, Libtorch.view(org.espalier.graph.Tensor.of(kept, kept.length)));
  }
}
