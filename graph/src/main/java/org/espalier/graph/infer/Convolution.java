package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;

/** Convolutions: input [N, C, ...], weight [M, C/group, kernel...]. */
final class Convolution {
  private Convolution() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("Conv", call -> convolve(call, call.element(0), 1));
    rules.put("com.microsoft:FusedConv", call -> convolve(call, call.element(0), 1));
    rules.put("ConvInteger", call -> convolve(call, DataType.INT32, 1));
    rules.put("QLinearConv", call -> convolve(call, call.element(7), 3));
    rules.put("DeformConv", call -> convolve(call, call.element(0), 1));
    rules.put("ConvTranspose", Convolution::transpose);
    rules.put("Col2Im", Convolution::fold);
  }

  private static void convolve(Call call, DataType element, int weight) {
    call.element(0, element);
    Dims x = call.dimsFrom(0, 2);
    Dims w = call.dims(weight, x.rank());
    checkGroups(call, x.at(1), w.at(1).times(call.node().integer("group", 1)), weight);
    checkBias(call, weight, w.at(0));
    var sizes = new ArrayList<Size>(List.of(x.at(0), w.at(0)));
    if (kernelKnown(call, w)) {
      Window window = Window.of(call, kernel(call, w));
      for (int k = 0; k < window.rank(); k++) {
        sizes.add(positive(call, window.positions(x.at(k + 2), k), x, k + 2));
      }
    } else {
      sizes.addAll(Dims.unknown(x.rank() - 2).sizes());
    }
    call.dims(0, new Dims(sizes));
  }

  private static void checkGroups(Call call, Size channels, Size expected, int weight) {
    if (call.node().integer("group", 1) < 1) {
      throw call.error("group is " + call.node().integer("group", 1) + ", expected 1 or more");
    }
    if (Dims.differ(channels, expected)) {
      throw call.error(
          "weight %s takes %s input channels, input %s has %s"
              .formatted(call.name(weight), expected, call.name(0), channels));
    }
  }

  private static void checkBias(Call call, int weight, Size channels) {
    int bias = call.node().op().equals("QLinearConv") ? 8 : weight + 1;
    if (call.node().is("ConvInteger") || call.node().is("DeformConv") || !call.isRanked(bias)) {
      return;
    }
    Size length = call.dims(bias, 1).at(0);
    if (Dims.differ(length, channels)) {
      throw call.error(
          "bias %s has %s elements for %s output channels"
              .formatted(call.name(bias), length, channels));
    }
  }

  private static boolean kernelKnown(Call call, Dims weight) {
    return call.node().has("kernel_shape") || weight.part(2, weight.rank()).isFixed();
  }

  private static long[] kernel(Call call, Dims weight) {
    Dims spatial = weight.part(2, weight.rank());
    long[] kernel = call.node().integers("kernel_shape").orElseGet(spatial::fixed);
    if (kernel.length != spatial.rank()) {
      throw call.error(
          "attribute 'kernel_shape' has %d numbers, weight has shape %s"
              .formatted(kernel.length, weight));
    }
    for (int k = 0; k < kernel.length; k++) {
      if (Dims.differ(spatial.at(k), Size.of(kernel[k]))) {
        throw call.error(
            "attribute 'kernel_shape' says %s, weight has shape %s"
                .formatted(Dims.of(kernel), weight));
      }
    }
    return kernel;
  }

  /** An output size, after a check that the kernel isn't larger than the padded input. */
  static Size positive(Call call, Size size, Dims x, int axis) {
    if (size.isFixed() && size.fixed() <= 0 && !x.at(axis).is(0)) {
      throw call.error(
          "the kernel doesn't fit into input %s of shape %s on axis %d"
              .formatted(call.name(0), x, axis));
    }
    return size;
  }

  private static void transpose(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dimsFrom(0, 2);
    Dims w = call.dims(1, x.rank());
    long group = call.node().integer("group", 1);
    checkGroups(call, x.at(1), w.at(0), 1);
    Size channels = w.at(1).times(group);
    checkBias(call, 1, channels);
    if (!kernelKnown(call, w)) {
      call.dims(0, Dims.of(x.at(0), channels).followedBy(Dims.unknown(x.rank() - 2)));
      return;
    }
    Window window = Window.of(call, kernel(call, w));
    int rank = window.rank();
    long[] extra = call.node().integers("output_padding", new long[rank]);
    long[] wanted = call.node().integers("output_shape").orElse(null);
    if (extra.length != rank || (wanted != null && wanted.length < rank)) {
      throw call.error("output_padding and output_shape need " + rank + " numbers each");
    }
    var sizes = new ArrayList<Size>(List.of(x.at(0), channels));
    for (int k = 0; k < rank; k++) {
      Size in = x.at(k + 2);
      long stride = window.strides()[k];
      if (wanted != null) {
        sizes.add(Size.of(wanted[wanted.length - rank + k])); // old files give all dimensions
      } else if (window.isSame()) {
        sizes.add(in.times(stride));
      } else {
        long grown = Math.addExact(extra[k], window.reach(k)) - window.padding(k);
        sizes.add(positive(call, in.plus(-1).times(stride).plus(grown), x, k + 2));
      }
    }
    call.dims(0, new Dims(sizes));
  }

  /** Columns back to an image: input [N, C * block, L]. */
  private static void fold(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dims(0, 3);
    Size[] image = call.entriesOf(1, "image sizes");
    Size[] block = call.entriesOf(2, "block sizes");
    Size channels = x.at(1);
    for (Size size : block) {
      channels = size == null ? Size.unknown() : channels.over(size).orElseGet(Size::unknown);
    }
    var sizes = new ArrayList<Size>(List.of(x.at(0), channels));
    for (Size size : image) {
      sizes.add(size == null ? Size.unknown() : size);
    }
    call.dims(0, new Dims(sizes));
  }
}
