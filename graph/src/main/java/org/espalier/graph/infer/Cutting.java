package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Operators that join, cut and pad along axes. */
final class Cutting {
  private Cutting() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("Concat", Cutting::concat);
    rules.put("Split", Cutting::split);
    rules.put("Slice", Cutting::slice);
    rules.put("Pad", Cutting::pad);
    rules.put("CenterCropPad", Cutting::centre);
    rules.put("ReverseSequence", Elementwise::same);
  }

  private static void concat(Call call) {
    call.element(0, call.element(0));
    Dims out = call.dims(0);
    if (!call.node().has("axis") && call.opset() > 3) {
      throw call.error("attribute 'axis' is missing");
    }
    int axis = call.axisAttribute(1, out.rank());
    Size joined = out.at(axis);
    for (int k = 1; k < call.inputs(); k++) {
      Dims next = call.dims(k, out.rank());
      joined = joined.plus(next.at(axis));
      for (int other = 0; other < out.rank(); other++) {
        if (other == axis) {
          continue;
        }
        if (Dims.differ(out.at(other), next.at(other))) {
          throw call.error(
              "input %s has shape %s, which doesn't join %s on axis %d"
                  .formatted(call.name(k), next, out, axis));
        }
        out = out.with(other, Dims.better(out.at(other), next.at(other)));
      }
    }
    call.dims(0, out.with(axis, joined));
    if (out.rank() == 1) {
      joinEntries(call);
    }
  }

  /** Elements of vectors; where one vector's aren't known but its length is, the others' stand. */
  private static void joinEntries(Call call) {
    var all = new ArrayList<Size>();
    boolean any = false;
    for (int k = 0; k < call.inputs(); k++) {
      Optional<Size[]> part = call.entries(k);
      Size length = call.dims(k).at(0);
      if (part.isEmpty() && (!length.isFixed() || length.fixed() > Contents.LIMIT)) {
        return;
      }
      any |= part.isPresent();
      all.addAll(Arrays.asList(part.orElseGet(() -> new Size[(int) length.fixed()])));
    }
    if (any) {
      call.entries(0, all.toArray(Size[]::new));
    }
  }

  private static void split(Call call) {
    for (int k = 0; k < call.outputs(); k++) {
      call.element(k, call.element(0));
    }
    Dims in = call.dims(0);
    int axis = call.axisAttribute(0, in.rank());
    Size whole = in.at(axis);
    Size[] parts = parts(call, whole);
    if (parts.length != call.outputs()) {
      throw call.error("%d parts for %d outputs".formatted(parts.length, call.outputs()));
    }
    Size sum = Arrays.stream(parts).reduce(Size.ZERO, Size::plus);
    if (Dims.differ(sum, whole)) {
      throw call.error(
          "parts %s don't add up to axis %d of input %s of shape %s"
              .formatted(Arrays.toString(parts), axis, call.name(0), in));
    }
    Size start = Size.ZERO;
    for (int k = 0; k < parts.length; k++) {
      call.dims(k, in.with(axis, parts[k]));
      cutEntries(call, k, start, parts[k]);
      start = start.plus(parts[k]);
    }
  }

  private static void cutEntries(Call call, int output, Size start, Size length) {
    if (call.dims(0).rank() == 1 && start.isFixed() && length.isFixed()) {
      int from = (int) start.fixed();
      call.entries(0)
          .ifPresent(
              all ->
                  call.entries(output, Arrays.copyOfRange(all, from, from + (int) length.fixed())));
    }
  }

  private static Size[] parts(Call call, Size whole) {
    if (call.node().has("split")) {
      return Arrays.stream(call.node().integers("split", new long[0]))
          .mapToObj(Size::of)
          .toArray(Size[]::new);
    }
    int outputs = call.outputs();
    if (call.has(1)) {
      Optional<Size[]> given = call.entries(1);
      return given
          .map(entries -> Entries.dims(entries).sizes().toArray(Size[]::new))
          .orElseGet(() -> Dims.unknown(outputs).sizes().toArray(Size[]::new));
    }
    long count = call.node().integer("num_outputs", outputs);
    if (count != outputs) {
      throw call.error("num_outputs is %d, there are %d outputs".formatted(count, outputs));
    }
    // The last part takes what is left where the parts can't be equal.
    Size part = whole.ceilDiv(outputs);
    var parts = new Size[outputs];
    Arrays.fill(parts, part);
    parts[outputs - 1] = whole.minus(part.times(outputs - 1L));
    return parts;
  }

  private static void slice(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    boolean attributes = call.node().has("starts");
    Size[] starts = bounds(call, "starts", 1, attributes);
    Size[] ends = bounds(call, "ends", 2, attributes);
    if (starts == null || ends == null) {
      call.dims(0, sliceUnknown(call, in));
      return;
    }
    long[] axes = call.numbers("axes", 3).orElseGet(() -> ascending(starts.length));
    long[] steps = call.has(4) ? call.numbers(4, "steps") : ones(starts.length);
    if (ends.length != starts.length
        || axes.length != starts.length
        || steps.length != starts.length) {
      throw call.error(
          "%d starts, %d ends, %d axes and %d steps"
              .formatted(starts.length, ends.length, axes.length, steps.length));
    }
    call.axes(axes, in.rank());
    Dims out = in;
    var cuts = new Cut[in.rank()];
    for (int k = 0; k < axes.length; k++) {
      int axis = call.axis(axes[k], in.rank());
      if (steps[k] == 0) {
        throw call.error("a step of 0");
      }
      cuts[axis] = Cut.of(in.at(axis), starts[k], ends[k], steps[k]);
      out = out.with(axis, cuts[axis].length());
    }
    call.dims(0, out);
    sliceEntries(call, in, out, cuts);
  }

  private static Size[] bounds(Call call, String name, int input, boolean attributes) {
    if (attributes) {
      return Arrays.stream(call.node().integers(name, new long[0]))
          .mapToObj(Size::of)
          .toArray(Size[]::new);
    }
    call.dims(input);
    return call.entries(input).orElse(null);
  }

  /** The shape where the bounds aren't known: the axes may be. */
  private static Dims sliceUnknown(Call call, Dims in) {
    Optional<long[]> axes = call.has(3) ? known(call, 3) : Optional.empty();
    Dims out = axes.isPresent() ? in : Dims.unknown(in.rank());
    for (long axis : axes.orElse(new long[0])) {
      out = out.with(call.axis(axis, in.rank()), Size.unknown());
    }
    return out;
  }

  private static Optional<long[]> known(Call call, int input) {
    return call.entries(input)
        .filter(entries -> Arrays.stream(entries).allMatch(e -> e != null && e.isFixed()))
        .map(entries -> Arrays.stream(entries).mapToLong(Size::fixed).toArray());
  }

  private static long[] ascending(int count) {
    var axes = new long[count];
    Arrays.setAll(axes, k -> k);
    return axes;
  }

  private static long[] ones(int count) {
    var ones = new long[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static void sliceEntries(Call call, Dims in, Dims out, Cut[] cuts) {
    Optional<Size[]> entries = call.entries(0);
    if (entries.isEmpty() || !in.isFixed() || !out.isFixed()) {
      return;
    }
    long[] steps = Entries.strides(in.fixed());
    long start = 0;
    for (int axis = 0; axis < cuts.length; axis++) {
      if (cuts[axis] != null && out.at(axis).fixed() > 0) {
        start += cuts[axis].start().fixed() * steps[axis];
        steps[axis] *= cuts[axis].step();
      }
    }
    call.entries(0, Entries.view(entries.get(), start, out.fixed(), steps));
  }

  private static void pad(Call call) {
    call.choice("mode", "constant", Set.of("constant", "reflect", "edge", "wrap"));
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    Size[] pads =
        call.node().has("pads")
            ? Arrays.stream(call.node().integers("pads", new long[0]))
                .mapToObj(Size::of)
                .toArray(Size[]::new)
            : call.dims(1).rank() == 0 ? null : call.entries(1).orElse(null);
    if (pads == null) {
      call.dims(0, Dims.unknown(in.rank()));
      return;
    }
    long[] axes = call.has(3) ? call.numbers(3, "axes") : ascending(in.rank());
    if (pads.length != 2 * axes.length) {
      throw call.error(
          "%d pads for %d axes of input %s of shape %s, expected %d"
              .formatted(pads.length, axes.length, call.name(0), in, 2 * axes.length));
    }
    call.axes(axes, in.rank());
    Dims out = in;
    for (int k = 0; k < axes.length; k++) {
      int axis = call.axis(axes[k], in.rank());
      Size before = pads[k];
      Size after = pads[axes.length + k];
      out =
          out.with(
              axis,
              before == null || after == null
                  ? Size.unknown()
                  : in.at(axis).plus(before).plus(after));
    }
    call.dims(0, out);
  }

  private static void centre(Call call) {
    call.element(0, call.element(0));
    Dims out = call.dims(0);
    Size[] shape = call.entriesOf(1, "sizes");
    long[] axes = call.node().integers("axes").orElseGet(() -> ascending(shape.length));
    if (axes.length != shape.length) {
      throw call.error("%d sizes for %d axes".formatted(shape.length, axes.length));
    }
    for (int k = 0; k < axes.length; k++) {
      Size size = shape[k] == null ? Size.unknown() : shape[k];
      out = out.with(call.axis(axes[k], out.rank()), size);
    }
    call.dims(0, out);
  }
}
