package org.espalier.graph.infer;

import java.util.Map;

/** Fourier transforms: the last axis is one number, or a real and an imaginary part. */
final class Spectra {
  private Spectra() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("DFT", Spectra::transform);
    rules.put("STFT", Spectra::shortTime);
  }

  /** The one integer of an input, unknown where the input is absent or its content isn't known. */
  private static Size single(Call call, int input) {
    return call.has(input)
        ? call.entries(input)
            .filter(entries -> entries.length == 1 && entries[0] != null)
            .map(entries -> entries[0])
            .orElseGet(Size::unknown)
        : Size.unknown();
  }

  private static void transform(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dimsFrom(0, 2);
    boolean old = call.opset() < 20;
    Size wanted = old ? Size.of(call.node().integer("axis", 1)) : single(call, 2);
    if (!old && !call.has(2)) {
      wanted = Size.of(-2);
    }
    if (!wanted.isFixed()) {
      call.dims(0, Dims.unknown(in.rank()));
      return;
    }
    int axis = call.axis(wanted.fixed(), in.rank());
    boolean inverse = call.node().integer("inverse", 0) != 0;
    boolean half = call.node().integer("onesided", 0) != 0;
    boolean real = inverse && half;
    Size whole = real ? in.at(axis).plus(-1).times(2) : in.at(axis);
    Size length = call.has(1) ? single(call, 1) : whole;
    Size bins = half && !inverse ? bins(length) : length;
    call.dims(0, in.with(axis, bins).with(in.rank() - 1, real ? Size.ONE : Size.of(2)));
  }

  private static Size bins(Size length) {
    return length.floorDiv(Size.of(2)).plus(1);
  }

  private static void shortTime(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0, 3);
    Size step = single(call, 1);
    Size length = single(call, 3);
    if (!call.has(3) && call.has(2)) {
      length = call.dims(2, 1).at(0);
    }
    Size frames = Size.unknown();
    if (step.isFixed() && step.fixed() > 0) {
      frames = in.at(1).minus(length).floorDiv(step).plus(1);
    }
    Size bins = call.node().integer("onesided", 1) != 0 ? bins(length) : length;
    call.dims(0, Dims.of(in.at(0), frames, bins, Size.of(2)));
  }
}
