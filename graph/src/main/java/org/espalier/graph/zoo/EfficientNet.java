package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** EfficientNet-B0 (Tan and Le, 2019, table 1) for 224x224 images. */
final class EfficientNet {
  private EfficientNet() {}

  static Value b0(Value image) {
    int[][] rows = { // expansion, kernel, stride, channels, repeats
      {1, 3, 1, 16, 1},
      {6, 3, 2, 24, 2},
      {6, 5, 2, 40, 2},
      {6, 3, 2, 80, 3},
      {6, 5, 1, 112, 3},
      {6, 5, 2, 192, 4},
      {6, 3, 1, 320, 1}
    };
    Value x = image.conv("stem.conv", 32, kernel(3).stride(2)).batchNorm("stem.bn").silu();
    int block = 0;
    for (int[] row : rows) {
      for (int k = 0; k < row[4]; k++) {
        String name = "blocks." + block++;
        int squeezed = x.channels() / 4;
        x =
            Mobile.invertedResidual(
                x,
                new Mobile.Block(name, row[1], row[0] * x.channels(), row[3], k == 0 ? row[2] : 1),
                Value::silu,
                y -> Mobile.excite(y, name + ".se", squeezed, Value::silu, Value::sigmoid),
                9);
      }
    }
    x = x.conv("head.conv", 1280, kernel(1)).batchNorm("head.bn").silu();
    return x.globalAveragePool().flatten().linear("classifier", 1000, Init.lecunNormal());
  }
}
