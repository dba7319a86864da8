package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import java.util.Map;
import org.espalier.graph.Dim;
import org.espalier.graph.Shape;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/**
 * Residual networks. Those for CIFAR have three stages of 16, 32 and 64 channels and shortcuts
 * without weights where the size changes (the paper's option A: every second pixel, new channels
 * zero); those for ImageNet have four stages and projections (option B), and the bottleneck's
 * stride is on its 3x3 convolution, as everyone has trained it since.
 */
final class ResNet {
  private ResNet() {}

  /** The network of {@code 6 * blocks + 2} layers for 32x32 images. */
  static Value cifar(Value image, int blocks) {
    Value x = image.conv("conv1", 16, kernel(3)).batchNorm("bn1").relu();
    for (int stage = 1; stage <= 3; stage++) {
      for (int k = 0; k < blocks; k++) {
        String name = "layer" + stage + "." + k;
        int stride = stage > 1 && k == 0 ? 2 : 1;
        Value y = basic(x, name, 8 << stage, stride, 3 * blocks);
        x = y.add(stride == 1 ? x : padded(x, 8 << stage)).relu();
      }
    }
    return x.globalAveragePool().flatten().linear("fc", 10, Init.lecunNormal());
  }

  static Value resnet18(Value image) {
    return imagenet(image, false, 2, 2, 2, 2);
  }

  static Value resnet50(Value image) {
    return imagenet(image, true, 3, 4, 6, 3);
  }

  private static Value imagenet(Value image, boolean bottleneck, int... blocks) {
    Value x = image.conv("conv1", 64, kernel(7).stride(2)).batchNorm("bn1").relu();
    x = x.maxPool(3, 2, 1);
    for (int stage = 1; stage <= 4; stage++) {
      int width = 32 << stage;
      int channels = bottleneck ? 4 * width : width;
      for (int k = 0; k < blocks[stage - 1]; k++) {
        String name = "layer" + stage + "." + k;
        int stride = stage > 1 && k == 0 ? 2 : 1;
        Value y =
            bottleneck ? bottleneck(x, name, width, stride, 16) : basic(x, name, width, stride, 8);
        x = y.add(x.channels() == channels ? x : projected(x, name, channels, stride)).relu();
      }
    }
    return x.globalAveragePool().flatten().linear("fc", 1000, Init.lecunNormal());
  }

  /** The branch of two 3x3 convolutions, one of {@code branches}. */
  private static Value basic(Value x, String name, int width, int stride, int branches) {
    return x.conv(name + ".conv1", width, kernel(3).stride(stride))
        .batchNorm(name + ".bn1")
        .relu()
        .conv(name + ".conv2", width, kernel(3))
        .batchNorm(name + ".bn2", Math.sqrt(1.0 / branches));
  }

  /** The branch that narrows, convolves and widens by four, one of {@code branches}. */
  private static Value bottleneck(Value x, String name, int width, int stride, int branches) {
    return x.conv(name + ".conv1", width, kernel(1))
        .batchNorm(name + ".bn1")
        .relu()
        .conv(name + ".conv2", width, kernel(3).stride(stride))
        .batchNorm(name + ".bn2")
        .relu()
        .conv(name + ".conv3", 4 * width, kernel(1))
        .batchNorm(name + ".bn3", Math.sqrt(1.0 / branches));
  }

  private static Value projected(Value x, String name, int channels, int stride) {
    Conv projection = kernel(1).stride(stride).init(Init.lecunNormal());
    return x.conv(name + ".downsample.conv", channels, projection)
        .batchNorm(name + ".downsample.bn");
  }

  /** Every second pixel, with as many new channels of zeros before as behind. */
  private static Value padded(Value x, int channels) {
    Value half = x.slice(2, 0, x.size(2), 2).slice(3, 0, x.size(3), 2);
    int before = (channels - x.channels()) / 2;
    Shape shape =
        Shape.of(half.shape().dim(0), Dim.of(channels), half.shape().dim(2), half.shape().dim(3));
    Value pads = x.builder().integers(0, before, 0, 0, 0, before, 0, 0);
    return half.follow("Pad", shape, Map.of(), pads);
  }
}
