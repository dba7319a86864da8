package org.espalier.prune.evidence;

import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.DataType;
import org.espalier.torch.Libtorch;

/** Random signs, Rademacher's: 1 and -1, as likely. */
final class Signs {
  private Signs() {}

  /** As many as a tensor has elements, of its shape and type. */
  static Tensor like(Tensor tensor, SplittableRandom random) {
    var signs = org.espalier.graph.Tensor.allocate(DataType.FLOAT, tensor.numel());
    long bits = 0;
    for (long k = 0; k < signs.size(); k++) {
      bits = k % Long.SIZE == 0 ? random.nextLong() : bits >>> 1;
      signs.data().setAtIndex(ValueLayout.JAVA_FLOAT, k, (bits & 1) == 0 ? -1 : 1);
    }
    // A copy, as our tensor's memory goes with it.
    return Libtorch.view(signs).clone().view_as(tensor).to(tensor.scalar_type());
  }
}
