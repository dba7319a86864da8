package org.espalier.torch;

import org.bytedeco.pytorch.Tensor;

/** How one operator is done with libtorch, in the form of the newest operator set. */
@FunctionalInterface
interface Rule {
  /** The node's outputs in order; trailing ones that nobody reads may be left out. */
  Tensor[] apply(Call call);

  /** A rule for an operator with one output. */
  @FunctionalInterface
  interface Single {
    Tensor apply(Call call);
  }
}
