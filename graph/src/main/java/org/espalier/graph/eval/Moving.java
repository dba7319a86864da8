package org.espalier.graph.eval;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Operators that move blocks of elements to other places, all of them strided copies. */
final class Moving {
  private Moving() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Transpose", Carrier.moving(Moving::transpose));
    rules.put("Concat", Carrier.moving(Moving::concat, index -> true));
    rules.put("Split", Carrier.moving(Moving::split));
    rules.put("Slice", Carrier.moving(Moving::slice));
    rules.put("Expand", Carrier.moving(Moving::expand));
    rules.put("Tile", Carrier.moving(Moving::tile));
    rules.put("DepthToSpace", Carrier.moving(Moving::depthToSpace));
    rules.put("SpaceToDepth", Carrier.moving(Moving::spaceToDepth));
    rules.put("Trilu", Carrier.moving(Moving::trilu));
    rules.put("ReverseSequence", Carrier.moving(Moving::reverseSequence));
  }

  /** A tensor as it lies in memory. */
  static Strided view(Tensor tensor) {
    return view(tensor, 0, Strided.rowMajor(tensor.dims()));
  }

  static Strided view(Tensor tensor, long offset, long[] strides) {
    return new Strided(tensor.data(), tensor.type().bits() / 8, offset, strides);
  }

  static Tensor transpose(Tensor x, int... order) {
    long[] strides = Strided.rowMajor(x.dims());
    Tensor y = Tensor.allocate(x.type(), IntStream.of(order).mapToLong(x::dim).toArray());
    long[] permuted = IntStream.of(order).mapToLong(axis -> strides[axis]).toArray();
    Strided.copy(view(x, 0, permuted), view(y), y.dims());
    return y;
  }

  private static List<Tensor> transpose(Call call) {
    Tensor x = call.input(0);
    int rank = x.rank();
    long[] reversed = IntStream.range(0, rank).mapToLong(axis -> rank - 1 - axis).toArray();
    long[] order = call.node().integers("perm", reversed);
    if (order.length != rank) {
      throw call.invalid("perm %s for %s".formatted(Arrays.toString(order), x));
    }
    return List.of(transpose(x, call.axes(order, rank)));
  }

  private static List<Tensor> concat(Call call) {
    Tensor first = call.input(0);
    int axis = call.axis("axis", 0, first.rank());
    long[] dims = first.dims();
    for (Tensor other : call.inputs().subList(1, call.inputs().size())) {
      for (int k = 0; k < dims.length; k++) {
        if (other.rank() != dims.length || (k != axis && other.dim(k) != dims[k])) {
          throw call.invalid("%s and %s don't fit on axis %d".formatted(first, other, axis));
        }
      }
      dims[axis] += other.dim(axis);
    }
    Tensor y = Tensor.allocate(first.type(), dims);
    long[] strides = Strided.rowMajor(dims);
    long at = 0;
    for (Tensor x : call.inputs()) {
      Strided.copy(view(x), view(y, at * strides[axis], strides), x.dims());
      at += x.dim(axis);
    }
    return List.of(y);
  }

  private static List<Tensor> split(Call call) {
    Tensor x = call.input(0);
    int axis = call.axis("axis", 0, x.rank());
    long size = x.dim(axis);
    long[] parts = call.optionalIntegers(1).orElseGet(() -> equalParts(call, size));
    if (Arrays.stream(parts).sum() != size || Arrays.stream(parts).anyMatch(part -> part < 0)) {
      throw call.invalid("%s split into %s".formatted(x, Arrays.toString(parts)));
    }
    var outputs = new ArrayList<Tensor>();
    long[] strides = Strided.rowMajor(x.dims());
    long at = 0;
    for (long part : parts) {
      long[] dims = x.dims();
      dims[axis] = part;
      Tensor y = Tensor.allocate(x.type(), dims);
      Strided.copy(view(x, at * strides[axis], strides), view(y), dims);
      outputs.add(y);
      at += part;
    }
    return outputs;
  }

  /** Equal parts; where the size doesn't divide, the last one is smaller. */
  private static long[] equalParts(Call call, long size) {
    int count = (int) call.node().integer("num_outputs", call.node().outputs().size());
    if (count < 1) {
      throw call.invalid("num_outputs is " + count);
    }
    long[] parts = new long[count];
    long part = Math.ceilDiv(size, count);
    for (int k = 0; k < count; k++) {
      parts[k] = Math.max(0, Math.min(part, size - k * part));
    }
    return parts;
  }

  private static List<Tensor> slice(Call call) {
    Tensor x = call.input(0);
    long[] starts = call.integers(1);
    long[] ends = call.integers(2);
    int[] axes =
        call.optionalIntegers(3)
            .map(given -> call.axes(given, x.rank()))
            .orElseGet(() -> IntStream.range(0, starts.length).toArray());
    long[] steps = call.optionalIntegers(4).orElseGet(() -> filled(starts.length, 1));
    if (ends.length != starts.length
        || axes.length != starts.length
        || steps.length != starts.length
        || axes.length > x.rank()) {
      throw call.invalid(
          "%d starts, %d ends, %d axes, %d steps for %s"
              .formatted(starts.length, ends.length, axes.length, steps.length, x));
    }
    long[] dims = x.dims();
    long[] strides = Strided.rowMajor(dims);
    long offset = 0;
    for (int k = 0; k < axes.length; k++) {
      int axis = axes[k];
      long size = x.dim(axis);
      long step = steps[k];
      if (step == 0) {
        throw call.invalid("step 0 on axis " + axis);
      }
      long last = step > 0 ? size : size - 1;
      long start = bound(starts[k], size, 0, last);
      // Going down, a slice may end before the first element: at -1.
      long end = bound(ends[k], size, step > 0 ? 0 : -1, last);
      // No step leads further than the axis is long, and larger ones could overflow.
      long stride = Math.clamp(step, -Math.max(1, size), Math.max(1, size));
      dims[axis] =
          size == 0
              ? 0
              : Math.max(
                  0,
                  stride > 0
                      ? Math.ceilDiv(end - start, stride)
                      : Math.ceilDiv(start - end, -stride));
      offset += start * strides[axis];
      strides[axis] *= stride;
    }
    Tensor y = Tensor.allocate(x.type(), dims);
    Strided.copy(view(x, offset, strides), view(y), dims);
    return List.of(y);
  }

  /**
   * A position counted from the front, no lower than {@code least} nor higher than {@code most}.
   */
  private static long bound(long position, long size, long least, long most) {
    long front = position < 0 ? Math.max(position, -size - 1) + size : position;
    return Math.max(least, Math.min(front, most));
  }

  private static long[] filled(int length, long value) {
    long[] values = new long[length];
    Arrays.fill(values, value);
    return values;
  }

  /** {@code x} repeated to {@code dims}, which it must fit. */
  static Tensor expand(Tensor x, long... dims) {
    Tensor y = Tensor.allocate(x.type(), dims);
    Strided.copy(view(x, 0, Broadcast.strides(x.dims(), dims)), view(y), dims);
    return y;
  }

  private static List<Tensor> expand(Call call) {
    Tensor x = call.input(0);
    try {
      return List.of(expand(x, Broadcast.dims(List.of(x.dims(), call.integers(1)))));
    } catch (InvalidInputException problem) {
      throw call.invalid(problem.getMessage());
    }
  }

  private static List<Tensor> tile(Call call) {
    Tensor x = call.input(0);
    long[] repeats = call.integers(1);
    int rank = x.rank();
    if (repeats.length != rank || Arrays.stream(repeats).anyMatch(count -> count < 0)) {
      throw call.invalid("repeats %s for %s".formatted(Arrays.toString(repeats), x));
    }
    // Each axis becomes two: the repeats, which stay in place, and the axis itself.
    long[] dims = new long[2 * rank];
    long[] from = new long[2 * rank];
    long[] result = new long[rank];
    long[] strides = Strided.rowMajor(x.dims());
    for (int axis = 0; axis < rank; axis++) {
      dims[2 * axis] = repeats[axis];
      dims[2 * axis + 1] = x.dim(axis);
      from[2 * axis + 1] = strides[axis];
      result[axis] = Math.multiplyExact(repeats[axis], x.dim(axis));
    }
    Tensor y = Tensor.allocate(x.type(), result);
    Strided.copy(view(x, 0, from), view(y, 0, Strided.rowMajor(dims)), dims);
    return List.of(y);
  }

  private static List<Tensor> depthToSpace(Call call) {
    Tensor x = call.input(0);
    long block = call.node().integer("blocksize", 0);
    if (x.rank() != 4 || block < 1 || x.dim(1) % (block * block) != 0) {
      throw call.invalid("%s with blocks of %d".formatted(x, block));
    }
    long depth = x.dim(1) / (block * block);
    Tensor moved =
        isDepthFirst(call)
            ? transpose(
                x.reshape(x.dim(0), block, block, depth, x.dim(2), x.dim(3)), 0, 3, 4, 1, 5, 2)
            : transpose(
                x.reshape(x.dim(0), depth, block, block, x.dim(2), x.dim(3)), 0, 1, 4, 2, 5, 3);
    return List.of(moved.reshape(x.dim(0), depth, x.dim(2) * block, x.dim(3) * block));
  }

  private static List<Tensor> spaceToDepth(Call call) {
    Tensor x = call.input(0);
    long block = call.node().integer("blocksize", 0);
    if (x.rank() != 4 || block < 1 || x.dim(2) % block != 0 || x.dim(3) % block != 0) {
      throw call.invalid("%s with blocks of %d".formatted(x, block));
    }
    long height = x.dim(2) / block;
    long width = x.dim(3) / block;
    Tensor blocks = x.reshape(x.dim(0), x.dim(1), height, block, width, block);
    Tensor moved =
        isDepthFirst(call)
            ? transpose(blocks, 0, 3, 5, 1, 2, 4)
            : transpose(blocks, 0, 1, 3, 5, 2, 4);
    return List.of(moved.reshape(x.dim(0), x.dim(1) * block * block, height, width));
  }

  /** Whether the channel runs within the block (DCR) or the block within the channel (CRD). */
  private static boolean isDepthFirst(Call call) {
    return switch (call.node().text("mode", "DCR")) {
      case "DCR" -> true;
      case "CRD" -> false;
      case String other -> throw call.invalid("mode is '" + other + "'");
    };
  }

  private static List<Tensor> trilu(Call call) {
    Tensor x = call.input(0);
    if (x.rank() < 2) {
      throw call.invalid("input is %s, expected matrices".formatted(x));
    }
    boolean upper = call.node().integer("upper", 1) != 0;
    long shift = call.optional(1).isPresent() ? call.integer(1) : 0;
    long rows = x.dim(-2);
    long columns = x.dim(-1);
    Tensor y = Tensor.allocate(x.type(), x.dims());
    int width = x.type().bits() / 8;
    long matrices = columns == 0 || rows == 0 ? 0 : x.size() / (rows * columns);
    for (long line = 0; line < matrices * rows; line++) {
      long diagonal = line % rows + Math.clamp(shift, -rows - columns, rows + columns);
      long from = upper ? Math.clamp(diagonal, 0, columns) : 0;
      long to = upper ? columns : Math.clamp(diagonal + 1, 0, columns);
      long at = (line * columns + from) * width;
      MemorySegment.copy(x.data(), at, y.data(), at, (to - from) * width);
    }
    return List.of(y);
  }

  private static List<Tensor> reverseSequence(Call call) {
    Tensor x = call.input(0);
    long[] lengths = call.integers(1);
    int batch = call.axis("batch_axis", 1, x.rank());
    int time = call.axis("time_axis", 0, x.rank());
    if (batch + time != 1 || lengths.length != x.dim(batch)) {
      throw call.invalid(
          "%s, %d lengths, batch_axis %d, time_axis %d".formatted(x, lengths.length, batch, time));
    }
    Tensor y = x.copy();
    long[] strides = Strided.rowMajor(x.dims());
    long[] down = strides.clone();
    down[time] = -down[time];
    for (int k = 0; k < lengths.length; k++) {
      if (lengths[k] < 0 || lengths[k] > x.dim(time)) {
        throw call.invalid("a sequence of %d in %s".formatted(lengths[k], x));
      }
      long[] dims = x.dims();
      dims[batch] = 1;
      dims[time] = lengths[k];
      long at = k * strides[batch];
      Strided.copy(
          view(x, at + (lengths[k] - 1) * strides[time], down), view(y, at, strides), dims);
    }
    return List.of(y);
  }
}
