package org.espalier.prune.evidence;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.InvalidInputException;

/** Refuses what isn't finite: whatever follows from a NaN is NaN or chance. */
public final class Finite {
  private Finite() {}

  /**
   * These values, which must be finite.
   *
   * @param what they are, for the message, such as {@code the network's output}
   */
  public static Tensor checked(Tensor values, String what) {
    try (var _ = new PointerScope()) {
      if (!torch.isfinite(values).all().item().toBool()) {
        throw new InvalidInputException(what + " is not finite on the calibration data");
      }
    }
    return values;
  }
}
