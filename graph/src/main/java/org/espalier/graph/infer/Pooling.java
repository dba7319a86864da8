package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Map;
import org.espalier.graph.DataType;

/** Pooling over windows, over whole images and over regions. */
final class Pooling {
  private Pooling() {}

  static void addTo(Map<String, Rule> rules) {
    for (String op : new String[] {"AveragePool", "LpPool", "MaxPool"}) {
      rules.put(op, Pooling::pool);
    }
    for (String op : new String[] {"GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool"}) {
      rules.put(op, Pooling::global);
    }
    rules.put("MaxUnpool", Pooling::unpool);
    rules.put("MaxRoiPool", Pooling::regions);
    rules.put("RoiAlign", Pooling::align);
  }

  private static Window window(Call call, Dims x) {
    long[] kernel =
        call.node()
            .integers("kernel_shape")
            .orElseThrow(() -> call.error("attribute 'kernel_shape' is missing"));
    if (kernel.length != x.rank() - 2) {
      throw call.error(
          "attribute 'kernel_shape' has %d numbers, input %s has shape %s"
              .formatted(kernel.length, call.name(0), x));
    }
    return Window.of(call, kernel);
  }

  private static void pool(Call call) {
    call.element(0, call.element(0));
    call.element(1, DataType.INT64);
    Dims x = call.dimsFrom(0, 2);
    Window window = window(call, x);
    boolean up = call.node().integer("ceil_mode", 0) != 0;
    var sizes = new ArrayList<>(x.sizes());
    for (int k = 0; k < window.rank(); k++) {
      Size in = x.at(k + 2);
      Size out = up ? window.positionsRoundedUp(in, k) : window.positions(in, k);
      sizes.set(k + 2, Convolution.positive(call, out, x, k + 2));
    }
    call.dims(0, new Dims(sizes));
    call.dims(1, new Dims(sizes));
  }

  private static void global(Call call) {
    call.element(0, call.element(0));
    Dims out = call.dimsFrom(0, 2);
    for (int axis = 2; axis < out.rank(); axis++) {
      out = out.with(axis, Size.ONE);
    }
    call.dims(0, out);
  }

  private static void unpool(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dimsFrom(0, 2);
    if (call.has(2)) {
      Size[] shape = call.entriesOf(2, "output sizes");
      call.dims(0, Entries.dims(shape));
      return;
    }
    Window window = window(call, x);
    Dims out = x;
    for (int k = 0; k < window.rank(); k++) {
      Size grown =
          x.at(k + 2).plus(-1).times(window.strides()[k]).plus(window.reach(k) - window.padding(k));
      out = out.with(k + 2, grown);
    }
    call.dims(0, out);
  }

  private static void regions(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dims(0, 4);
    Dims regions = call.dims(1, 2);
    long[] pooled = call.node().integers("pooled_shape", new long[0]);
    if (pooled.length != 2) {
      throw call.error("attribute 'pooled_shape' needs 2 numbers");
    }
    call.dims(0, Dims.of(regions.at(0), x.at(1), Size.of(pooled[0]), Size.of(pooled[1])));
  }

  private static void align(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dims(0, 4);
    Dims regions = call.dims(1, 2);
    Size height = Size.of(call.node().integer("output_height", 1));
    Size width = Size.of(call.node().integer("output_width", 1));
    call.dims(0, Dims.of(regions.at(0), x.at(1), height, width));
  }
}
