package org.espalier.graph.infer;

import java.util.Map;
import org.espalier.graph.DataType;

/** Normalisations: the shape stays, statistics may come with it. */
final class Normalization {
  private Normalization() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("BatchNormalization", Normalization::batch);
    rules.put("InstanceNormalization", Normalization::channels);
    rules.put("GroupNormalization", Normalization::group);
    rules.put("LRN", Elementwise::same);
    rules.put("MeanVarianceNormalization", Elementwise::same);
    rules.put("LayerNormalization", Normalization::layer);
    rules.put("RMSNormalization", Normalization::rms);
    rules.put("SimplifiedLayerNormalization", Normalization::layer);
    rules.put("com.microsoft:SimplifiedLayerNormalization", Normalization::layer);
    rules.put("com.microsoft:SkipLayerNormalization", Normalization::skip);
    rules.put("com.microsoft:SkipSimplifiedLayerNormalization", Normalization::skip);
    rules.put("com.microsoft:EmbedLayerNormalization", Normalization::embed);
  }

  private static void batch(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dimsFrom(0, 1);
    Size channels = x.rank() > 1 ? x.at(1) : Size.ONE;
    for (int k = 1; k < 5; k++) {
      checkVector(call, k, channels);
    }
    call.dims(0, x);
    for (int k = 1; k < call.outputs(); k++) {
      call.set(k, call.element(Math.min(k + 2, 4)), Dims.of(channels));
    }
  }

  private static void checkVector(Call call, int input, Size length) {
    if (!call.isRanked(input)) {
      return;
    }
    Dims vector = call.dims(input, 1);
    if (Dims.differ(vector.at(0), length)) {
      throw call.error(
          "%s has %s elements, input %s has %s channels"
              .formatted(call.name(input), vector.at(0), call.name(0), length));
    }
  }

  private static void channels(Call call) {
    Elementwise.same(call);
    Dims x = call.dimsFrom(0, 2);
    checkVector(call, 1, x.at(1));
    checkVector(call, 2, x.at(1));
  }

  private static void group(Call call) {
    Elementwise.same(call);
    Dims x = call.dimsFrom(0, 2);
    long groups = call.node().integer("num_groups", 1);
    if (groups < 1 || (x.at(1).isFixed() && x.at(1).fixed() % groups != 0)) {
      throw call.error(
          "%d groups, input %s has %s channels".formatted(groups, call.name(0), x.at(1)));
    }
    if (call.opset() >= 21) { // before, scale and bias were given by group
      checkVector(call, 1, x.at(1));
      checkVector(call, 2, x.at(1));
    }
  }

  /** With mean and inverse deviation over the axes from {@code axis} on. */
  private static void layer(Call call) {
    Elementwise.same(call);
    DataType statistics =
        call.node().op().equals("LayerNormalization")
            ? call.elementAttribute("stash_type", DataType.FLOAT)
            : DataType.FLOAT;
    Dims x = call.dims(0);
    int axis = call.axisAttribute(-1, x.rank());
    checkScale(call, x);
    Dims reduced = x;
    for (int k = axis; k < x.rank(); k++) {
      reduced = reduced.with(k, Size.ONE);
    }
    for (int k = 1; k < call.outputs(); k++) {
      call.set(k, statistics, reduced);
    }
  }

  private static void rms(Call call) {
    Elementwise.same(call);
    Dims x = call.dims(0);
    call.axisAttribute(-1, x.rank());
    checkScale(call, x);
  }

  private static void checkScale(Call call, Dims x) {
    for (int k = 1; k < call.inputs(); k++) {
      if (call.isRanked(k) && x.broadcast(call.dims(k)).isEmpty()) {
        throw call.error(
            "%s has shape %s, input %s has %s"
                .formatted(call.name(k), call.dims(k), call.name(0), x));
      }
    }
  }

  /** Outputs: the result, mean, inverse deviation, and the sum before normalisation. */
  private static void skip(Call call) {
    Elementwise.same(call);
    Dims x = call.dimsFrom(0, 1);
    Dims statistics = x.with(-1, Size.ONE);
    call.set(1, DataType.FLOAT, statistics);
    call.set(2, DataType.FLOAT, statistics);
    call.set(3, call.element(0), x);
  }

  /** Outputs: embeddings [B, S, H], mask index [B], and the sum of the embeddings. */
  private static void embed(Call call) {
    call.element(0, call.element(2));
    call.element(1, DataType.INT32);
    call.element(2, call.element(2));
    Dims ids = call.dims(0, 2);
    Dims table = call.dims(2, 2);
    Dims out = ids.followedBy(Dims.of(table.at(1)));
    call.dims(0, out);
    call.dims(1, Dims.of(ids.at(0)));
    call.dims(2, out);
  }
}
