package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import java.util.function.UnaryOperator;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** The MobileNets, of width 1, for 224x224 images. */
final class MobileNet {
  private MobileNet() {}

  /** Howard et al., 2017, table 1: depthwise and pointwise convolutions in turn. */
  static Value v1(Value image) {
    int[][] rows = { // channels, stride
      {64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1},
      {512, 1}, {512, 1}, {1024, 2}, {1024, 1}
    };
    Value x = image.conv("stem.conv", 32, kernel(3).stride(2)).batchNorm("stem.bn").relu();
    for (int k = 0; k < rows.length; k++) {
      String name = "blocks." + k;
      x = x.depthwise(name + ".depthwise.conv", kernel(3).stride(rows[k][1]));
      x = x.batchNorm(name + ".depthwise.bn").relu();
      x = x.conv(name + ".pointwise.conv", rows[k][0], kernel(1));
      x = x.batchNorm(name + ".pointwise.bn").relu();
    }
    return x.globalAveragePool().flatten().linear("fc", 1000, Init.lecunNormal());
  }

  /** Sandler et al., 2018, table 2. */
  static Value v2(Value image) {
    int[][] rows = { // expansion, channels, repeats, stride
      {1, 16, 1, 1},
      {6, 24, 2, 2},
      {6, 32, 3, 2},
      {6, 64, 4, 2},
      {6, 96, 3, 1},
      {6, 160, 3, 2},
      {6, 320, 1, 1}
    };
    Value x = image.conv("stem.conv", 32, kernel(3).stride(2)).batchNorm("stem.bn").relu6();
    int block = 0;
    for (int[] row : rows) {
      for (int k = 0; k < row[2]; k++) {
        String name = "blocks." + block++;
        int stride = k == 0 ? row[3] : 1;
        var sizes = new Mobile.Block(name, 3, row[0] * x.channels(), row[1], stride);
        x = Mobile.invertedResidual(x, sizes, Value::relu6, UnaryOperator.identity(), 10);
      }
    }
    x = x.conv("head.conv", 1280, kernel(1)).batchNorm("head.bn").relu6();
    return x.globalAveragePool().flatten().linear("classifier", 1000, Init.lecunNormal());
  }

  /** Howard et al., 2019, table 2. */
  static Value v3Small(Value image) {
    int[][] rows = { // kernel, expanded, channels, squeeze-and-excitation, hard-swish, stride
      {3, 16, 16, 1, 0, 2}, {3, 72, 24, 0, 0, 2}, {3, 88, 24, 0, 0, 1}, {5, 96, 40, 1, 1, 2},
      {5, 240, 40, 1, 1, 1}, {5, 240, 40, 1, 1, 1}, {5, 120, 48, 1, 1, 1}, {5, 144, 48, 1, 1, 1},
      {5, 288, 96, 1, 1, 2}, {5, 576, 96, 1, 1, 1}, {5, 576, 96, 1, 1, 1}
    };
    Value x = image.conv("stem.conv", 16, kernel(3).stride(2)).batchNorm("stem.bn").hardSwish();
    for (int k = 0; k < rows.length; k++) {
      int[] row = rows[k];
      String name = "blocks." + k;
      int squeezed = Mobile.divisible(row[1] / 4.0);
      UnaryOperator<Value> excitation =
          y -> Mobile.excite(y, name + ".se", squeezed, Value::relu, Value::hardSigmoid);
      x =
          Mobile.invertedResidual(
              x,
              new Mobile.Block(name, row[0], row[1], row[2], row[5]),
              row[4] == 1 ? Value::hardSwish : Value::relu,
              row[3] == 1 ? excitation : UnaryOperator.identity(),
              6);
    }
    x = x.conv("head.conv", 576, kernel(1)).batchNorm("head.bn").hardSwish();
    x = x.globalAveragePool().flatten().linear("fc", 1024).hardSwish();
    return x.linear("classifier", 1000, Init.lecunNormal());
  }
}
