package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** VGG with batch normalisation for 32x32 images: one linear layer behind the convolutions. */
final class Vgg {
  private static final int POOL = 0;
  private static final int[] VGG11 = {
    64, POOL, 128, POOL, 256, 256, POOL, 512, 512, POOL, 512, 512, POOL
  };
  private static final int[] VGG16 = {
    64, 64, POOL, 128, 128, POOL, 256, 256, 256, POOL, 512, 512, 512, POOL, 512, 512, 512, POOL
  };

  private Vgg() {}

  static Value vgg11(Value image) {
    return vgg(image, VGG11);
  }

  static Value vgg16(Value image) {
    return vgg(image, VGG16);
  }

  private static Value vgg(Value image, int[] layers) {
    Value x = image;
    for (int k = 0; k < layers.length; k++) {
      x =
          layers[k] == POOL
              ? x.maxPool(2, 2, 0)
              : x.conv("features." + k + ".conv", layers[k], kernel(3).biased())
                  .batchNorm("features." + k + ".bn")
                  .relu();
    }
    return x.flatten().linear("classifier", 10, Init.lecunNormal());
  }
}
