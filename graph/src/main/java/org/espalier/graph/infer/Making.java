package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;

/** Operators that make a tensor of a wanted shape, or of a size that the data decide. */
final class Making {
  private Making() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("Constant", Making::constant);
    rules.put("ConstantOfShape", Making::constantOfShape);
    rules.put("Range", Making::range);
    rules.put("Expand", Making::expand);
    rules.put("Tile", Making::tile);
    rules.put("EyeLike", Making::eye);
    rules.put("OneHot", Making::oneHot);
    rules.put("NonZero", Making::nonZero);
    rules.put("Compress", Making::compress);
    rules.put("Unique", Making::unique);
    rules.put("NonMaxSuppression", call -> call.set(0, DataType.INT64, boxes()));
    rules.put("RandomNormal", Making::random);
    rules.put("RandomUniform", Making::random);
    rules.put("Multinomial", Making::multinomial);
    for (String window : List.of("BlackmanWindow", "HammingWindow", "HannWindow")) {
      rules.put(window, Making::window);
    }
  }

  private static void constant(Call call) {
    for (var attribute : call.node().attributes().entrySet()) {
      Optional<Tensor> value =
          switch (attribute.getValue()) {
            case Attribute.TensorValue(Tensor tensor) -> Optional.of(tensor);
            case Attribute.IntValue(long number) -> Optional.of(Tensor.scalar(number));
            case Attribute.FloatValue(float number) -> Optional.of(Tensor.scalar(number));
            case Attribute.IntValues(List<Long> numbers) ->
                Optional.of(
                    Tensor.of(
                        numbers.stream().mapToLong(Long::longValue).toArray(), numbers.size()));
            case Attribute.FloatValues(List<Float> numbers) -> Optional.of(floats(numbers));
            case Attribute.StringValue(Bytes text) ->
                Optional.of(Tensor.ofStrings(List.of(text), 1).reshape());
            case Attribute.StringValues(List<Bytes> texts) ->
                Optional.of(Tensor.ofStrings(texts, texts.size()));
            default -> Optional.empty();
          };
      if (value.isPresent()) {
        call.set(0, Fact.of(value.get()));
        return;
      }
      if (attribute.getValue() instanceof Attribute.SparseTensorValue(SparseTensor sparse)) {
        call.set(0, Walk.fact(sparse));
        return;
      }
    }
    throw call.error("a constant without a value");
  }

  private static Tensor floats(List<Float> numbers) {
    var values = new float[numbers.size()];
    for (int k = 0; k < values.length; k++) {
      values[k] = numbers.get(k);
    }
    return Tensor.of(values, values.length);
  }

  /** The shape that an input holds; ends the rule where not even its length is known. */
  private static Dims wanted(Call call, int input) {
    Optional<Size[]> entries = call.entries(input);
    if (entries.isPresent()) {
      return Entries.dims(entries.get());
    }
    Size length = call.dims(input, 1).at(0);
    if (!length.isFixed() || length.fixed() > Contents.LIMIT) {
      throw new Unresolved("the wanted shape in input " + call.name(input) + " isn't known");
    }
    return Dims.unknown((int) length.fixed());
  }

  private static void constantOfShape(Call call) {
    Optional<Tensor> value = call.node().tensor("value");
    call.element(0, value.map(Tensor::type).orElse(DataType.FLOAT));
    Dims dims = wanted(call, 0);
    call.dims(0, dims);
    if (!dims.isFixed() || dims.elements().fixed() > Contents.LIMIT) {
      return;
    }
    Optional<Size[]> fill =
        value.isEmpty()
            ? Optional.of(new Size[] {Size.ZERO})
            : new Contents.Literal(value.get()).entries();
    if (fill.isPresent() && fill.get().length == 1) {
      var entries = new Size[(int) dims.elements().fixed()];
      Arrays.fill(entries, fill.get()[0]);
      call.entries(0, entries);
    }
  }

  private static void range(Call call) {
    call.element(0, call.element(0));
    Size start = single(call, 0);
    Size limit = single(call, 1);
    Size delta = single(call, 2);
    if (start == null || limit == null || delta == null) {
      call.dims(0, Dims.of(realCount(call)));
      return;
    }
    if (!delta.isFixed()) {
      call.dims(0, Dims.unknown(1));
      return;
    }
    long step = delta.fixed();
    if (step == 0) {
      throw call.error("a step of 0");
    }
    Size way = step > 0 ? limit.minus(start) : start.minus(limit);
    Size count = way.positive().ceilDiv(Math.absExact(step));
    call.dims(0, Dims.of(count));
    if (count.isFixed() && count.fixed() <= Contents.LIMIT) {
      var entries = new Size[(int) count.fixed()];
      Arrays.setAll(entries, k -> start.plus(Math.multiplyExact(step, (long) k)));
      call.entries(0, entries);
    }
  }

  private static Size single(Call call, int input) {
    call.element(input);
    return call.entries(input).filter(entries -> entries.length == 1).map(e -> e[0]).orElse(null);
  }

  /** The length of a range of reals. */
  private static Size realCount(Call call) {
    double[] bounds = new double[3];
    for (int k = 0; k < 3; k++) {
      Optional<Tensor> bound = call.tensor(k).filter(t -> t.size() == 1 && t.type().isFloat());
      if (bound.isEmpty()) {
        return Size.unknown();
      }
      bounds[k] = bound.get().realAt(0);
    }
    double count = Math.ceil((bounds[1] - bounds[0]) / bounds[2]);
    return Double.isFinite(count) ? Size.of((long) Math.max(0, count)) : Size.unknown();
  }

  private static void expand(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    Dims wanted = wanted(call, 1);
    Dims out =
        in.broadcast(wanted)
            .orElseThrow(
                () ->
                    call.error(
                        "input %s of shape %s can't be expanded to %s"
                            .formatted(call.name(0), in, wanted)));
    call.dims(0, out);
    if (out.isFixed() && out.elements().fixed() <= Contents.LIMIT) {
      call.entries(0).ifPresent(e -> call.entries(0, Entries.expand(e, in.fixed(), out.fixed())));
    }
  }

  private static void tile(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    Dims repeats = wanted(call, 1);
    if (repeats.rank() != in.rank()) {
      throw call.error(
          "%d repeats for input %s of shape %s".formatted(repeats.rank(), call.name(0), in));
    }
    Dims out = in;
    for (int axis = 0; axis < in.rank(); axis++) {
      out = out.with(axis, in.at(axis).times(repeats.at(axis)));
    }
    call.dims(0, out);
    if (in.rank() == 1 && out.isFixed() && out.elements().fixed() <= Contents.LIMIT) {
      int length = (int) out.at(0).fixed();
      call.entries(0)
          .ifPresent(
              entries -> {
                var all = new Size[length];
                Arrays.setAll(all, k -> entries[k % entries.length]);
                call.entries(0, all);
              });
    }
  }

  private static void eye(Call call) {
    call.element(0, call.elementAttribute("dtype", call.element(0)));
    call.dims(0, call.dims(0, 2));
  }

  private static void oneHot(Call call) {
    call.element(0, call.element(2));
    Dims in = call.dims(0);
    int axis = call.axisAttribute(-1, in.rank() + 1);
    Size depth = single(call, 1);
    var sizes = new ArrayList<>(in.sizes());
    sizes.add(axis, depth == null ? Size.unknown() : depth);
    call.dims(0, new Dims(sizes));
  }

  /** One column for each element that isn't zero. */
  private static void nonZero(Call call) {
    call.element(0, DataType.INT64);
    Dims in = call.dims(0);
    Size rank = Size.of(in.rank());
    call.dims(0, Dims.of(rank, Size.unknown()));
    Optional<Size[]> entries =
        call.entries(0)
            .filter(all -> in.rank() == 1)
            .filter(all -> Arrays.stream(all).allMatch(e -> e != null && e.isFixed()));
    if (entries.isPresent()) {
      Size[] all = entries.get();
      Size[] found =
          IntStream.range(0, all.length)
              .filter(k -> !all[k].is(0))
              .mapToObj(Size::of)
              .toArray(Size[]::new);
      call.dims(0, Dims.of(rank, Size.of(found.length)));
      call.entries(0, found);
    }
  }

  private static void compress(Call call) {
    call.element(0, call.element(0));
    Size kept =
        call.entries(1)
            .filter(all -> Arrays.stream(all).allMatch(e -> e != null && e.isFixed()))
            .map(all -> Size.of(Arrays.stream(all).filter(e -> !e.is(0)).count()))
            .orElseGet(Size::unknown);
    if (!call.node().has("axis")) {
      call.dims(0, Dims.of(kept));
      return;
    }
    Dims in = call.dims(0);
    call.dims(0, in.with(call.axisAttribute(0, in.rank()), kept));
  }

  private static void unique(Call call) {
    call.element(0, call.element(0));
    for (int k = 1; k < 4; k++) {
      call.element(k, DataType.INT64);
    }
    Size found = Size.unknown();
    if (call.node().has("axis")) {
      Dims in = call.dims(0);
      int axis = call.axisAttribute(0, in.rank());
      call.dims(0, in.with(axis, found));
      call.dims(2, Dims.of(in.at(axis)));
    } else {
      call.dims(0, Dims.of(found));
      call.dims(2, call.isRanked(0) ? Dims.of(call.dims(0).elements()) : Dims.unknown(1));
    }
    call.dims(1, Dims.of(found));
    call.dims(3, Dims.of(found));
  }

  private static Dims boxes() {
    return Dims.of(Size.unknown(), Size.of(3));
  }

  private static void random(Call call) {
    call.element(0, call.elementAttribute("dtype", DataType.FLOAT));
    call.dims(0, Dims.of(call.node().integers("shape", new long[0])));
  }

  private static void multinomial(Call call) {
    call.element(0, call.elementAttribute("dtype", DataType.INT32));
    Dims in = call.dims(0, 2);
    call.dims(0, Dims.of(in.at(0), Size.of(call.node().integer("sample_size", 1))));
  }

  private static void window(Call call) {
    call.element(0, call.elementAttribute("output_datatype", DataType.FLOAT));
    Size length = single(call, 0);
    call.dims(0, Dims.of(length == null ? Size.unknown() : length));
  }
}
