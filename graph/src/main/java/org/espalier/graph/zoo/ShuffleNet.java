package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import java.util.List;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** ShuffleNetV2 1x (Ma et al., 2018, table 5) for 224x224 images. */
final class ShuffleNet {
  private static final Conv LINEAR = kernel(3).init(Init.lecunNormal());

  private ShuffleNet() {}

  static Value v2(Value image) {
    int[][] stages = {{116, 4}, {232, 8}, {464, 4}}; // channels, units
    Value x = image.conv("conv1", 24, kernel(3).stride(2)).batchNorm("bn1").relu();
    x = x.maxPool(3, 2, 1);
    for (int stage = 0; stage < stages.length; stage++) {
      for (int k = 0; k < stages[stage][1]; k++) {
        String name = "stage" + (stage + 2) + "." + k;
        x = k == 0 ? reduction(x, name, stages[stage][0] / 2) : unit(x, name);
      }
    }
    x = x.conv("conv5", 1024, kernel(1)).batchNorm("bn5").relu();
    return x.globalAveragePool().flatten().linear("fc", 1000, Init.lecunNormal());
  }

  /** One half of the channels passes by, the other is transformed; then both are interleaved. */
  private static Value unit(Value x, String name) {
    int half = x.channels() / 2;
    List<Value> halves = x.split(1, half, half);
    return shuffled(halves.get(0).concat(1, branch(halves.get(1), name + ".branch2", half, 1)));
  }

  /** Both branches see all channels and halve the size; the channels double. */
  private static Value reduction(Value x, String name, int half) {
    Value left =
        x.depthwise(name + ".branch1.conv1", LINEAR.stride(2))
            .batchNorm(name + ".branch1.bn1")
            .conv(name + ".branch1.conv2", half, kernel(1))
            .batchNorm(name + ".branch1.bn2")
            .relu();
    return shuffled(left.concat(1, branch(x, name + ".branch2", half, 2)));
  }

  private static Value branch(Value x, String name, int channels, int stride) {
    return x.conv(name + ".conv1", channels, kernel(1))
        .batchNorm(name + ".bn1")
        .relu()
        .depthwise(name + ".conv2", LINEAR.stride(stride))
        .batchNorm(name + ".bn2")
        .conv(name + ".conv3", channels, kernel(1))
        .batchNorm(name + ".bn3")
        .relu();
  }

  /** Channel shuffle in two groups: the channels of both halves in turn. */
  private static Value shuffled(Value x) {
    int height = x.size(2);
    int width = x.size(3);
    return x.reshape(0, 2, x.channels() / 2, height, width)
        .transpose(0, 2, 1, 3, 4)
        .reshape(0, x.channels(), height, width);
  }
}
