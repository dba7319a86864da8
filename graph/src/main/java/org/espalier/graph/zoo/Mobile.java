package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import java.util.function.UnaryOperator;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** The inverted residual that mobile networks share, and squeeze-and-excitation. */
final class Mobile {
  private Mobile() {}

  /**
   * The sizes of an inverted residual.
   *
   * @param expanded channels within
   * @param channels it ends with
   */
  record Block(String name, int kernel, int expanded, int channels, int stride) {}

  /**
   * Widens, filters each channel by itself, weighs the channels, narrows without an activation; a
   * residual where the size stays.
   *
   * @param residuals how many such residuals the network has
   */
  static Value invertedResidual(
      Value x,
      Block block,
      UnaryOperator<Value> activation,
      UnaryOperator<Value> excitation,
      int residuals) {
    String name = block.name();
    Value y = x;
    if (block.expanded() != x.channels()) {
      y = y.conv(name + ".expand.conv", block.expanded(), kernel(1));
      y = activation.apply(y.batchNorm(name + ".expand.bn"));
    }
    y = y.depthwise(name + ".depthwise.conv", kernel(block.kernel()).stride(block.stride()));
    y = activation.apply(y.batchNorm(name + ".depthwise.bn"));
    Value excited = excitation.apply(y);
    double gain = excited.equals(y) ? 1 : 2; // a gate starts at one half
    y =
        excited.conv(
            name + ".project.conv",
            block.channels(),
            kernel(1).init(Init.lecunNormal().times(gain)));
    if (block.stride() > 1 || x.channels() != block.channels()) {
      return y.batchNorm(name + ".project.bn");
    }
    return y.batchNorm(name + ".project.bn", StrictMath.sqrt(1.0 / residuals)).add(x);
  }

  /** Each channel times a gate computed from the means of all (Hu et al., 2018). */
  static Value excite(
      Value x,
      String name,
      int squeezed,
      UnaryOperator<Value> activation,
      UnaryOperator<Value> gate) {
    Value y = x.globalAveragePool();
    y = activation.apply(y.conv(name + ".squeeze", squeezed, kernel(1).biased()));
    y = y.conv(name + ".excite", x.channels(), kernel(1).biased().init(Init.lecunNormal()));
    return x.mul(gate.apply(y));
  }

  /** The multiple of 8 nearest to {@code channels}, at least 8 and not below nine tenths of it. */
  static int divisible(double channels) {
    int rounded = Math.max(8, (int) (channels + 4) / 8 * 8);
    return rounded < 0.9 * channels ? rounded + 8 : rounded;
  }
}
