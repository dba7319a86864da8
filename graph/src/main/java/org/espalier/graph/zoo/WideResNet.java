package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/**
 * Wide residual networks of 28 layers for 32x32 images: three stages of four blocks, normalisation
 * and activation before each convolution, no dropout.
 */
final class WideResNet {
  private static final int BLOCKS = 4;

  private WideResNet() {}

  /** Stages of 16, 32 and 64 channels, each {@code widen} times as wide. */
  static Value wrn28(Value image, int widen) {
    Value x = image.conv("conv1", 16, kernel(3));
    for (int stage = 1; stage <= 3; stage++) {
      for (int k = 0; k < BLOCKS; k++) {
        int stride = stage > 1 && k == 0 ? 2 : 1;
        x = block(x, "block" + stage + "." + k, widen * (8 << stage), stride);
      }
    }
    x = x.batchNorm("bn1").relu();
    return x.globalAveragePool().flatten().linear("fc", 10, Init.lecunNormal());
  }

  private static Value block(Value x, String name, int width, int stride) {
    Init damped = Init.kaimingNormal().times(StrictMath.sqrt(1.0 / (3 * BLOCKS)));
    Value active = x.batchNorm(name + ".bn1").relu();
    Value y =
        active
            .conv(name + ".conv1", width, kernel(3).stride(stride))
            .batchNorm(name + ".bn2")
            .relu()
            .conv(name + ".conv2", width, kernel(3).init(damped));
    return y.add(
        x.channels() == width
            ? x
            : active.conv(name + ".shortcut", width, kernel(1).stride(stride)));
  }
}
