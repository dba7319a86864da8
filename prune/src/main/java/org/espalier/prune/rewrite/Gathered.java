package org.espalier.prune.rewrite;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;

/**
 * A tensor's entries at the indices that stay. Only these are read and copied, as runs of bytes, so
 * a mapped file of any size needs the memory of the result.
 */
final class Gathered {
  private final Tensor source;
  private final int[][] kept;
  private final Tensor result;
  private final long[] strides;
  private final int last;
  private long next;

  private Gathered(Tensor source, int[][] kept, int last, Tensor result) {
    this.source = source;
    this.kept = kept;
    this.result = result;
    this.last = last;
    this.strides = strides(source.dims());
  }

  /**
   * The entries at all combinations of kept indices.
   *
   * @param kept the indices for each axis, ascending; null for all
   */
  static Tensor of(Tensor tensor, int[][] kept) {
    assert kept.length == tensor.rank() : kept.length + " axes of " + tensor;
    int last = kept.length - 1;
    while (last >= 0 && kept[last] == null) {
      last--;
    }
    if (last < 0) {
      return tensor;
    }
    long[] dims = dims(tensor.dims(), kept);
    if (tensor.type() == DataType.STRING) {
      return strings(tensor, kept, dims);
    }
    Tensor result = Tensor.allocate(tensor.type(), dims);
    new Gathered(tensor, kept, last, result).copy(0, 0);
    return result.withDetails(tensor.details());
  }

  private static long[] dims(long[] dims, int[][] kept) {
    long[] smaller = dims.clone();
    for (int axis = 0; axis < dims.length; axis++) {
      smaller[axis] = kept[axis] == null ? dims[axis] : kept[axis].length;
    }
    return smaller;
  }

  private static long[] strides(long... dims) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    return strides;
  }

  private void copy(int axis, long offset) {
    int[] indices = kept[axis];
    if (axis == last) {
      for (int k = 0; k < indices.length; ) {
        int from = k++;
        while (k < indices.length && indices[k] == indices[k - 1] + 1) {
          k++;
        }
        run(offset + indices[from] * strides[axis], (k - from) * strides[axis]);
      }
      return;
    }
    long count = indices == null ? source.dim(axis) : indices.length;
    for (int k = 0; k < count; k++) {
      copy(axis + 1, offset + (indices == null ? k : indices[k]) * strides[axis]);
    }
  }

  private void run(long from, long count) {
    int bits = source.type().bits();
    if (bits >= 8) {
      int width = bits / 8;
      MemorySegment.copy(source.data(), from * width, result.data(), next * width, count * width);
    } else {
      for (long k = 0; k < count; k++) {
        packed((from + k) * bits, (next + k) * bits, bits);
      }
    }
    next += count;
  }

  private void packed(long from, long to, int bits) {
    int mask = (1 << bits) - 1;
    int value = source.data().get(ValueLayout.JAVA_BYTE, from / 8) >> (from % 8) & mask;
    byte there = result.data().get(ValueLayout.JAVA_BYTE, to / 8);
    result.data().set(ValueLayout.JAVA_BYTE, to / 8, (byte) (there | value << (to % 8)));
  }

  private static Tensor strings(Tensor tensor, int[][] kept, long... dims) {
    long[] numbers = new long[Math.toIntExact(tensor.size())];
    Arrays.setAll(numbers, k -> k);
    List<Bytes> texts = new ArrayList<>();
    for (long k : of(Tensor.of(numbers, tensor.dims()), kept).integers()) {
      texts.add(tensor.strings().get((int) k));
    }
    return Tensor.ofStrings(texts, dims);
  }

  /** Likewise of a sparse tensor, in its form. */
  static SparseTensor of(SparseTensor sparse, int[][] kept) {
    long[] dims = sparse.shape().sizes().orElseThrow();
    int[][] places = new int[dims.length][];
    for (int axis = 0; axis < dims.length; axis++) {
      if (kept[axis] != null) {
        places[axis] = new int[(int) dims[axis]];
        Arrays.fill(places[axis], -1);
        for (int k = 0; k < kept[axis].length; k++) {
          places[axis][kept[axis][k]] = k;
        }
      }
    }
    long[] smaller = dims(dims, kept);
    long[] strides = strides(dims);
    long[] positions = sparse.positions();
    int count = 0;
    int[] stay = new int[positions.length];
    for (int k = 0; k < positions.length; k++) {
      long position = 0;
      long rest = positions[k];
      for (int axis = 0; axis < dims.length && position >= 0; axis++) {
        int index = (int) (rest / strides[axis]);
        rest %= strides[axis];
        int place = places[axis] == null ? index : places[axis][index];
        position = place < 0 ? -1 : position * smaller[axis] + place;
      }
      if (position >= 0) {
        stay[count] = k;
        positions[count++] = position; // never ahead of what is read
      }
    }
    Tensor values = of(sparse.values(), new int[][] {Arrays.copyOf(stay, count)});
    Tensor indices = Tensor.of(Arrays.copyOf(positions, count));
    return new SparseTensor(values, indices, Shape.of(smaller), sparse.form());
  }
}
