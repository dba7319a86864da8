package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** Densely connected networks: each layer's new channels are appended to all before it. */
final class DenseNet {
  private DenseNet() {}

  /** Forty layers for 32x32 images: three blocks of twelve 3x3 convolutions, growth 12. */
  static Value densenet40(Value image) {
    Value x = image.conv("conv0", 16, kernel(3));
    for (int block = 1; block <= 3; block++) {
      for (int k = 0; k < 12; k++) {
        String name = "block" + block + "." + k;
        x = x.concat(1, x.batchNorm(name + ".bn").relu().conv(name + ".conv", 12, kernel(3)));
      }
      if (block < 3) {
        x = transition(x, "transition" + block, x.channels());
      }
    }
    return classified(x, 10);
  }

  /** For 224x224 images: blocks of 6, 12, 24 and 16 bottlenecks, growth 32, halved in between. */
  static Value densenet121(Value image) {
    int[] layers = {6, 12, 24, 16};
    Value x = image.conv("conv0", 64, kernel(7).stride(2)).batchNorm("bn0").relu();
    x = x.maxPool(3, 2, 1);
    for (int block = 1; block <= 4; block++) {
      for (int k = 0; k < layers[block - 1]; k++) {
        x = x.concat(1, bottleneck(x, "block" + block + "." + k));
      }
      if (block < 4) {
        x = transition(x, "transition" + block, x.channels() / 2);
      }
    }
    return classified(x, 1000);
  }

  private static Value bottleneck(Value x, String name) {
    return x.batchNorm(name + ".bn1")
        .relu()
        .conv(name + ".conv1", 128, kernel(1))
        .batchNorm(name + ".bn2")
        .relu()
        .conv(name + ".conv2", 32, kernel(3));
  }

  private static Value transition(Value x, String name, int channels) {
    return x.batchNorm(name + ".bn")
        .relu()
        .conv(name + ".conv", channels, kernel(1))
        .averagePool(2, 2, 0);
  }

  private static Value classified(Value x, int classes) {
    return x.batchNorm("bn")
        .relu()
        .globalAveragePool()
        .flatten()
        .linear("classifier", classes, Init.lecunNormal());
  }
}
