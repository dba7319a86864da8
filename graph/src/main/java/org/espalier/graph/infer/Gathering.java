package org.espalier.graph.infer;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** Operators that read or write at indices. */
final class Gathering {
  private Gathering() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("Gather", Gathering::gather);
    rules.put("GatherElements", Gathering::gatherElements);
    rules.put("GatherND", Gathering::gatherNd);
    rules.put("Scatter", Gathering::scatterElements);
    rules.put("ScatterElements", Gathering::scatterElements);
    rules.put("ScatterND", Gathering::scatterNd);
    rules.put("TensorScatter", Gathering::tensorScatter);
    rules.put("ai.onnx.ml:ArrayFeatureExtractor", Gathering::features);
  }

  private static void gather(Call call) {
    call.element(0, call.element(0));
    Dims data = call.dimsFrom(0, 1);
    Dims indices = call.dims(1);
    int axis = call.axisAttribute(0, data.rank());
    call.dims(
        0, data.part(0, axis).followedBy(indices).followedBy(data.part(axis + 1, data.rank())));
    Optional<Size[]> from = call.entries(0);
    Optional<Size[]> at = call.entries(1);
    if (from.isPresent() && at.isPresent() && data.rank() == 1) {
      call.entries(0, pick(call, from.get(), at.get()));
    }
  }

  private static Size[] pick(Call call, Size[] from, Size[] at) {
    return Arrays.stream(at)
        .map(
            index -> {
              if (index == null || !index.isFixed()) {
                return null;
              }
              long k = index.fixed() < 0 ? index.fixed() + from.length : index.fixed();
              if (k < 0 || k >= from.length) {
                throw call.error(
                    "index %s, input %s has %d elements"
                        .formatted(index, call.name(0), from.length));
              }
              return from[(int) k];
            })
        .toArray(Size[]::new);
  }

  private static void gatherElements(Call call) {
    call.element(0, call.element(0));
    if (call.isRanked(0)) {
      Dims data = call.dims(0);
      call.dims(1, data.rank());
      call.axisAttribute(0, data.rank());
    }
    call.dims(0, call.dims(1));
  }

  private static void gatherNd(Call call) {
    call.element(0, call.element(0));
    Dims data = call.dimsFrom(0, 1);
    Dims indices = call.dimsFrom(1, 1);
    long batch = call.node().integer("batch_dims", 0);
    Size depth = indices.at(-1);
    if (!depth.isFixed()) {
      throw new Unresolved("the last size of indices " + call.name(1) + " isn't known");
    }
    if (batch < 0 || batch + depth.fixed() > data.rank() || batch >= indices.rank()) {
      throw call.error(
          "indices %s of shape %s, batch_dims %d, for input %s of shape %s"
              .formatted(call.name(1), indices, batch, call.name(0), data));
    }
    int done = (int) (batch + depth.fixed());
    call.dims(0, indices.part(0, indices.rank() - 1).followedBy(data.part(done, data.rank())));
  }

  private static void scatterElements(Call call) {
    Elementwise.same(call);
    Dims data = call.dims(0);
    call.axisAttribute(0, data.rank());
    if (call.isRanked(1) && call.isRanked(2)) {
      Elementwise.unify(call, call.dims(1, data.rank()), 2);
    }
  }

  private static void scatterNd(Call call) {
    Elementwise.same(call);
    Dims data = call.dims(0);
    if (call.isRanked(1)) {
      Size depth = call.dimsFrom(1, 1).at(-1);
      if (depth.isFixed() && depth.fixed() > data.rank()) {
        throw call.error(
            "indices %s of shape %s for input %s of shape %s"
                .formatted(call.name(1), call.dims(1), call.name(0), data));
      }
    }
  }

  private static void tensorScatter(Call call) {
    Elementwise.same(call);
    Dims cache = call.dims(0);
    int axis = call.axisAttribute(-2, cache.rank());
    if (call.isRanked(1)) {
      Dims update = call.dims(1, cache.rank());
      for (int k = 0; k < cache.rank(); k++) {
        if (k != axis && Dims.differ(cache.at(k), update.at(k))) {
          throw call.error(
              "update %s of shape %s for cache %s of shape %s"
                  .formatted(call.name(1), update, call.name(0), cache));
        }
      }
    }
  }

  /** Columns of a matrix; a vector is one row. */
  private static void features(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dimsFrom(0, 1);
    Dims rows = x.rank() == 1 ? Dims.of(Size.ONE) : x.part(0, x.rank() - 1);
    call.dims(0, rows.followedBy(Dims.of(call.dims(1).elements())));
  }
}
