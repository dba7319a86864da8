package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import java.util.ArrayDeque;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/**
 * U-Net (Ronneberger et al., 2015) at half its width, with batch normalisation and padded
 * convolutions: two classes for each pixel, [N, 2, height, width].
 */
final class UNet {
  private static final int WIDTH = 32;
  private static final int DEPTH = 4;

  private UNet() {}

  static Value unet(Value image) {
    var skips = new ArrayDeque<Value>();
    Value x = image;
    for (int level = 0; level < DEPTH; level++) {
      x = twice(x, "down" + level, WIDTH << level);
      skips.push(x);
      x = x.maxPool(2, 2, 0);
    }
    x = twice(x, "bottom", WIDTH << DEPTH);
    for (int level = DEPTH - 1; level >= 0; level--) {
      Value up = x.convTranspose("up" + level + ".conv_transpose", WIDTH << level, 2, 2);
      x = twice(skips.pop().concat(1, up), "up" + level, WIDTH << level);
    }
    return x.conv("head", 2, kernel(1).biased().init(Init.lecunNormal()));
  }

  private static Value twice(Value x, String name, int channels) {
    return x.conv(name + ".conv1", channels, kernel(3))
        .batchNorm(name + ".bn1")
        .relu()
        .conv(name + ".conv2", channels, kernel(3))
        .batchNorm(name + ".bn2")
        .relu();
  }
}
