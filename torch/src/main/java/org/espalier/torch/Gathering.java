package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Elements read from, or written to, places that other tensors name. */
final class Gathering {
  private Gathering() {}

  static void register(Rules.Table table) {
    table.single("Gather", Gathering::gather);
    table.single("GatherElements", Gathering::gatherElements);
    table.single("GatherND", Gathering::gatherNd);
    table.single("ScatterElements", Gathering::scatterElements);
    table.single("ScatterND", Gathering::scatterNd);
    table.single("TensorScatter", Gathering::tensorScatter);
  }

  /** Indices counted from the start; a negative one counts from the end. */
  static Tensor fromStart(Tensor indices, long size) {
    Tensor wide = indices.to(ScalarType.Long);
    return torch.where(wide.lt(scalar(0L)), wide.add(scalar(size)), wide);
  }

  private static Tensor gather(Call call) {
    Tensor x = call.in(0);
    int axis = call.axis("axis", 0, x.dim());
    Tensor indices = call.in(1);
    Tensor picked = x.index_select(axis, fromStart(indices, x.size(axis)).reshape(indices.numel()));
    long[] shape = Libtorch.shape(x);
    return picked.reshape(
        join(
            Arrays.copyOf(shape, axis),
            Libtorch.shape(indices),
            Arrays.copyOfRange(shape, axis + 1, shape.length)));
  }

  private static Tensor gatherElements(Call call) {
    Tensor x = call.in(0);
    int axis = call.axis("axis", 0, x.dim());
    return x.gather(axis, fromStart(call.in(1), x.size(axis)));
  }

  private static Tensor gatherNd(Call call) {
    Tensor x = call.in(0);
    Tensor indices = call.in(1);
    int batch = (int) call.node().integer("batch_dims", 0);
    int depth = (int) indices.size(-1);
    long[] shape = Libtorch.shape(x);
    long[] rest = Arrays.copyOfRange(shape, batch + depth, shape.length);
    Tensor places = places(indices, shape, batch);
    Tensor rows = x.reshape(join(new long[] {product(shape, 0, batch + depth)}, rest));
    long[] outer = Libtorch.shape(indices);
    return rows.index_select(0, places.reshape(places.numel()))
        .reshape(join(Arrays.copyOf(outer, outer.length - 1), rest));
  }

  /**
   * The tuples in the last axis of {@code indices}, as places in a tensor whose axes up to the
   * batch's and the tuples' are flattened into one.
   */
  private static Tensor places(Tensor indices, long[] shape, int batch) {
    int depth = (int) indices.size(-1);
    Tensor places = null;
    for (int k = 0; k < depth; k++) {
      long size = shape[batch + k];
      Tensor along = fromStart(indices.select(-1, k), size);
      places = places == null ? along : places.mul(scalar(size)).add(along);
    }
    if (places == null) {
      long[] outer = Libtorch.shape(indices);
      places = torch.zeros(Arrays.copyOf(outer, outer.length - 1), Call.options(ScalarType.Long));
    }
    long batches = product(shape, 0, batch);
    if (batch == 0) {
      return places;
    }
    long each = product(shape, batch, batch + depth);
    long[] first = new long[(int) places.dim()];
    Arrays.fill(first, 1);
    System.arraycopy(shape, 0, first, 0, batch);
    Tensor starts = torch.arange(scalar(batches), Call.options(ScalarType.Long));
    return places.add(starts.mul(scalar(each)).reshape(first));
  }

  private static Tensor scatterElements(Call call) {
    Tensor x = call.in(0);
    int axis = call.axis("axis", 0, x.dim());
    Tensor places = fromStart(call.in(1), x.size(axis));
    return scatter(call, x, axis, places, call.in(2));
  }

  private static Tensor scatter(Call call, Tensor x, int axis, Tensor places, Tensor updates) {
    String reduction = call.node().text("reduction", "none");
    return switch (reduction) {
      case "none" -> x.scatter(axis, places, updates);
      case "add" -> x.scatter_add(axis, places, updates);
      case "mul" -> x.scatter_reduce(axis, places, updates, "prod", true);
      case "max" -> x.scatter_reduce(axis, places, updates, "amax", true);
      case "min" -> x.scatter_reduce(axis, places, updates, "amin", true);
      default -> throw call.invalid("reduction '" + reduction + "'");
    };
  }

  private static Tensor scatterNd(Call call) {
    Tensor x = call.in(0);
    Tensor indices = call.in(1);
    int depth = (int) indices.size(-1);
    long[] shape = Libtorch.shape(x);
    long width = product(shape, depth, shape.length);
    Tensor places = places(indices, shape, 0);
    long count = places.numel();
    Tensor rows = x.reshape(product(shape, 0, depth), width);
    Tensor updates = call.in(2).reshape(count, width);
    return scatter(call, rows, 0, places.reshape(count, 1).expand(count, width), updates)
        .reshape(shape);
  }

  /** Writes to a cache of keys or values, at a place of each sample's own. */
  private static Tensor tensorScatter(Call call) {
    Tensor cache = call.in(0);
    Tensor update = call.in(1);
    int axis = call.axis("axis", -2, cache.dim());
    long[] shape = Libtorch.shape(update);
    long[] along = new long[shape.length];
    Arrays.fill(along, 1);
    along[axis] = shape[axis];
    Tensor places = torch.arange(scalar(shape[axis]), Call.options(ScalarType.Long)).reshape(along);
    if (call.has(2)) {
      long[] samples = new long[shape.length];
      Arrays.fill(samples, 1);
      samples[0] = shape[0];
      places = places.add(call.in(2).to(ScalarType.Long).reshape(samples));
    }
    if (call.node().text("mode", "linear").equals("circular")) {
      places = places.remainder(scalar(cache.size(axis)));
    }
    return cache.scatter(axis, places.expand(shape), update);
  }

  static long[] join(long[]... parts) {
    return Arrays.stream(parts).flatMapToLong(LongStream::of).toArray();
  }

  private static long product(long[] shape, int from, int to) {
    return Arrays.stream(shape, from, to).reduce(1, (a, b) -> a * b);
  }
}
