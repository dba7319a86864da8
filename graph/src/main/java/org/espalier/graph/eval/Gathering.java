package org.espalier.graph.eval;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Operators that pick elements by index or condition. */
final class Gathering {
  private Gathering() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Gather", Carrier.moving(Gathering::gather));
    rules.put("GatherElements", Carrier.moving(Gathering::gatherElements));
    rules.put("GatherND", Carrier.moving(Gathering::gatherNd));
    rules.put("Compress", Carrier.moving(Gathering::compress));
    rules.put("NonZero", Gathering::nonZero);
    rules.put("OneHot", Carrier.moving(Gathering::oneHot, index -> index == 2));
  }

  /** The indices of input {@code index}, negative ones counted from the end of {@code size}. */
  static long[] indices(Call call, int index, long size) {
    long[] indices = call.integers(index);
    for (int k = 0; k < indices.length; k++) {
      indices[k] = inside(call, indices[k], size);
    }
    return indices;
  }

  static long inside(Call call, long index, long size) {
    if (index < -size || index >= size) {
      throw call.invalid("index %d on an axis of size %d".formatted(index, size));
    }
    return index < 0 ? index + size : index;
  }

  private static List<Tensor> gather(Call call) {
    Tensor x = call.input(0);
    int axis = call.axis("axis", 0, x.rank());
    long[] indices = indices(call, 1, x.dim(axis));
    long[] shape = call.input(1).dims();
    long[] dims =
        LongStream.concat(
                LongStream.concat(Arrays.stream(x.dims(), 0, axis), Arrays.stream(shape)),
                Arrays.stream(x.dims(), axis + 1, x.rank()))
            .toArray();
    return List.of(pick(x, axis, indices).reshape(dims));
  }

  /** The slices of {@code x} at these positions of {@code axis}. */
  static Tensor pick(Tensor x, int axis, long[] positions) {
    long[] dims = x.dims();
    dims[axis] = positions.length;
    Tensor y = Tensor.allocate(x.type(), dims);
    long[] from = Strided.rowMajor(x.dims());
    long outer = Tensor.elements(Arrays.copyOf(dims, axis));
    long inner = from[axis];
    int width = x.type().bits() / 8;
    long to = 0;
    for (long block = 0; block < outer; block++) {
      long start = block * x.dim(axis) * inner;
      for (long position : positions) {
        move(x, start + position * inner, y, to, inner, width);
        to += inner;
      }
    }
    return y;
  }

  /** Copies elements; single ones, the common case, without the cost of a bulk copy. */
  static void move(Tensor x, long from, Tensor y, long to, long count, int width) {
    if (count == 1 && width == 4) {
      y.data().setAtIndex(Lanes.INT, to, x.data().getAtIndex(Lanes.INT, from));
    } else if (count == 1 && width == 8) {
      y.data().setAtIndex(Lanes.LONG, to, x.data().getAtIndex(Lanes.LONG, from));
    } else {
      MemorySegment.copy(x.data(), from * width, y.data(), to * width, count * width);
    }
  }

  /**
   * For each element of {@code indices}, where in {@code x} it points: to its own coordinates, with
   * that of {@code axis} replaced by the index.
   */
  static long[] elementPositions(Call call, Tensor x, int input, int axis) {
    Tensor given = call.input(input);
    if (given.rank() != x.rank()) {
      throw call.invalid("indices %s for %s".formatted(given, x));
    }
    long[] dims = given.dims();
    for (int k = 0; k < dims.length; k++) {
      if (k != axis && dims[k] > x.dim(k)) {
        throw call.invalid("indices %s for %s: axis %d is longer".formatted(given, x, k));
      }
    }
    long[] indices = indices(call, input, x.dim(axis));
    long[] strides = Strided.rowMajor(x.dims());
    long[] at = new long[dims.length];
    for (int k = 0; k < indices.length; k++) {
      long position = indices[k] * strides[axis];
      for (int d = 0; d < dims.length; d++) {
        position += d == axis ? 0 : at[d] * strides[d];
      }
      indices[k] = position;
      for (int d = dims.length - 1; d >= 0 && ++at[d] == dims[d]; d--) {
        at[d] = 0;
      }
    }
    return indices;
  }

  private static List<Tensor> gatherElements(Call call) {
    Tensor x = call.input(0);
    int axis = call.axis("axis", 0, x.rank());
    long[] positions = elementPositions(call, x, 1, axis);
    Tensor y = Tensor.allocate(x.type(), call.input(1).dims());
    int width = x.type().bits() / 8;
    for (int k = 0; k < positions.length; k++) {
      move(x, positions[k], y, k, 1, width);
    }
    return List.of(y);
  }

  /**
   * Where the tuples of indices in {@code input} point.
   *
   * @param starts for each tuple the position of the block it names
   * @param block elements of a block
   * @param outer the shape of the tuples, without their length
   */
  record Blocks(long[] starts, long block, long[] outer, long[] inner) {
    static Blocks of(Call call, Tensor x, int input, int batch) {
      Tensor given = call.input(input);
      if (given.rank() < 1 || batch < 0 || batch >= Math.min(given.rank(), x.rank() + 1)) {
        throw call.invalid("indices %s for %s, %d batch axes".formatted(given, x, batch));
      }
      long length = given.dim(-1);
      if (batch + length > x.rank()) {
        throw call.invalid("indices %s for %s: tuples are too long".formatted(given, x));
      }
      for (int axis = 0; axis < batch; axis++) {
        if (given.dim(axis) != x.dim(axis)) {
          throw call.invalid("indices %s for %s, %d batch axes".formatted(given, x, batch));
        }
      }
      int tuple = (int) length;
      long[] strides = Strided.rowMajor(x.dims());
      long[] indices = call.integers(input);
      long[] outer = Arrays.copyOf(given.dims(), given.rank() - 1);
      long[] inner = Arrays.copyOfRange(x.dims(), batch + tuple, x.rank());
      long batches = Tensor.elements(Arrays.copyOf(x.dims(), batch));
      long batchSize = Tensor.elements(Arrays.copyOfRange(x.dims(), batch, x.rank()));
      long[] starts = new long[Math.toIntExact(Tensor.elements(outer))];
      for (int k = 0; k < starts.length; k++) {
        long start = k / (starts.length / batches) * batchSize;
        for (int d = 0; d < tuple; d++) {
          start += inside(call, indices[k * tuple + d], x.dim(batch + d)) * strides[batch + d];
        }
        starts[k] = start;
      }
      return new Blocks(starts, Tensor.elements(inner), outer, inner);
    }

    long[] dims() {
      return LongStream.concat(Arrays.stream(outer), Arrays.stream(inner)).toArray();
    }
  }

  private static List<Tensor> gatherNd(Call call) {
    Tensor x = call.input(0);
    Blocks blocks = Blocks.of(call, x, 1, (int) call.node().integer("batch_dims", 0));
    Tensor y = Tensor.allocate(x.type(), blocks.dims());
    int width = x.type().bits() / 8;
    for (int k = 0; k < blocks.starts().length; k++) {
      move(x, blocks.starts()[k], y, k * blocks.block(), blocks.block(), width);
    }
    return List.of(y);
  }

  private static List<Tensor> compress(Call call) {
    boolean flat = !call.node().has("axis");
    Tensor x = flat ? call.input(0).reshape(call.input(0).size()) : call.input(0);
    int axis = flat ? 0 : call.axis("axis", 0, x.rank());
    Tensor condition = Logic.booleans(call, 1);
    if (condition.rank() != 1 || condition.size() > x.dim(axis)) {
      throw call.invalid("condition %s for axis %d of %s".formatted(condition, axis, x));
    }
    long[] kept =
        LongStream.range(0, condition.size()).filter(k -> condition.integerAt(k) != 0).toArray();
    return List.of(pick(x, axis, kept));
  }

  private static List<Tensor> nonZero(Call call) {
    Tensor x = call.input(0);
    if (x.type().bits() == 0 || x.type().bits() > 64 || x.type() == DataType.COMPLEX64) {
      throw call.unsupported(x.type());
    }
    long[] found = LongStream.range(0, x.size()).filter(k -> x.realAt(k) != 0).toArray();
    // A scalar is as a vector of one.
    long[] dims = x.rank() == 0 ? new long[] {1} : x.dims();
    Tensor y = Tensor.allocate(DataType.INT64, dims.length, found.length);
    for (int k = 0; k < found.length; k++) {
      long rest = found[k];
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        Lanes.store(y, (long) axis * found.length + k, rest % dims[axis]);
        rest /= dims[axis];
      }
    }
    return List.of(y);
  }

  private static List<Tensor> oneHot(Call call) {
    Tensor indices = Casting.cast(call.input(0), DataType.INT64);
    Tensor values = call.input(2);
    if (call.input(1).size() != 1 || values.size() != 2) {
      throw call.invalid("depth is %s, values are %s".formatted(call.input(1), values));
    }
    long depth = (long) call.input(1).realAt(0);
    int axis = call.axis("axis", -1, indices.rank() + 1);
    if (depth < 0) {
      throw call.invalid("depth is " + depth);
    }
    long[] dims = new long[indices.rank() + 1];
    for (int k = 0; k < dims.length; k++) {
      dims[k] = k == axis ? depth : indices.dim(k < axis ? k : k - 1);
    }
    Tensor y = Moving.expand(pick(values.reshape(2), 0, new long[] {0}).reshape(), dims);
    long inner = Strided.rowMajor(dims)[axis];
    int width = values.type().bits() / 8;
    for (long k = 0; k < indices.size(); k++) {
      long index = indices.integerAt(k);
      if (index >= -depth && index < depth) {
        long hot = index < 0 ? index + depth : index;
        move(values, 1, y, k / inner * depth * inner + hot * inner + k % inner, 1, width);
      }
    }
    return List.of(y);
  }
}
