package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Nested loops over several arrays of the same dimensions, from the outermost in. Axes that lie
 * behind each other in all of them are one loop; the first array decides the order. The innermost
 * loop is the run, which kernels go over.
 */
final class Nest {
  private final long[] sizes;
  private final long[][] strides;
  private final long outer;

  private Nest(long[] sizes, long[][] strides) {
    this.sizes = sizes;
    this.strides = strides;
    long product = 1;
    for (int k = 0; k < sizes.length - 1; k++) {
      product *= sizes[k];
    }
    outer = product;
  }

  /** The loops over arrays of {@code dims}, each with its strides. */
  static Nest of(long[] dims, long[]... strides) {
    List<Integer> axes =
        new ArrayList<>(
            IntStream.range(0, dims.length)
                .filter(axis -> dims[axis] != 1)
                .boxed()
                .sorted(Comparator.comparingLong(axis -> -strides[0][axis]))
                .toList());
    var loops = new ArrayList<long[]>(); // size, then strides
    for (int axis : axes) {
      long[] loop = new long[strides.length + 1];
      loop[0] = dims[axis];
      for (int k = 0; k < strides.length; k++) {
        loop[k + 1] = strides[k][axis];
      }
      if (loops.isEmpty() || !joins(loops.getLast(), loop)) {
        loops.add(loop);
      } else {
        loop[0] *= loops.getLast()[0];
        loops.set(loops.size() - 1, loop);
      }
    }
    if (loops.isEmpty()) {
      long[] single = new long[strides.length + 1];
      single[0] = 1;
      loops.add(single);
    }
    long[] sizes = loops.stream().mapToLong(loop -> loop[0]).toArray();
    long[][] collapsed = new long[strides.length][];
    for (int k = 0; k < strides.length; k++) {
      int operand = k + 1;
      collapsed[k] = loops.stream().mapToLong(loop -> loop[operand]).toArray();
    }
    return new Nest(sizes, collapsed);
  }

  /** The loops over arrays of {@code dims}, with every element a run of its own. */
  static Nest eachOf(long[] dims, long[]... strides) {
    Nest nest = of(dims, strides);
    long[] sizes = Arrays.copyOf(nest.sizes, nest.sizes.length + 1);
    sizes[sizes.length - 1] = 1;
    long[][] wider = new long[strides.length][];
    Arrays.setAll(wider, k -> Arrays.copyOf(nest.strides[k], sizes.length));
    return new Nest(sizes, wider);
  }

  private static boolean joins(long[] outer, long[] inner) {
    for (int k = 1; k < outer.length; k++) {
      if (outer[k] != inner[k] * inner[0]) {
        return false;
      }
    }
    return true;
  }

  /** The loops without the run and without {@code loop}: what is left around a matrix. */
  Nest around(int loop) {
    int[] kept = IntStream.range(0, sizes.length - 1).filter(k -> k != loop).toArray();
    long[] fewer = new long[kept.length + 1];
    fewer[kept.length] = 1;
    long[][] theirs = new long[strides.length][kept.length + 1];
    for (int k = 0; k < kept.length; k++) {
      fewer[k] = sizes[kept[k]];
      for (int operand = 0; operand < strides.length; operand++) {
        theirs[operand][k] = strides[operand][kept[k]];
      }
    }
    return new Nest(fewer, theirs);
  }

  /** How often the run is gone over. */
  long outer() {
    return outer;
  }

  /** How many elements the run has. */
  long run() {
    return sizes[sizes.length - 1];
  }

  /** Bytes from one element of the run to the next in array {@code operand}. */
  long step(int operand) {
    return strides[operand][sizes.length - 1];
  }

  /** How many loops there are, the run included. */
  int depth() {
    return sizes.length;
  }

  long size(int loop) {
    return sizes[loop];
  }

  long stride(int operand, int loop) {
    return strides[operand][loop];
  }

  /** Goes through the runs from {@code first} on, and says where each begins in each array. */
  Walk from(long first) {
    return new Walk(first);
  }

  /** Takes a part of a run: where it begins in each array, and which elements of it. */
  interface Part {
    void at(long[] at, long first, long count);
  }

  private static final long PIECE = 16 * 1024;

  private long pieces() {
    return Math.ceilDiv(run(), PIECE);
  }

  /** Into how many tasks the loops are best divided. */
  int tasks() {
    return (int) Math.clamp(outer * run() / PIECE, 1, outer * pieces());
  }

  /** Goes through the parts of task {@code task} of {@link #tasks}. */
  void forEach(int task, Part part) {
    long pieces = pieces();
    int tasks = tasks();
    long k = outer * pieces * task / tasks;
    long end = outer * pieces * (task + 1) / tasks;
    Walk walk = from(k / pieces);
    long first = k % pieces * PIECE;
    for (; k < end; k++) {
      part.at(walk.at, first, Math.min(PIECE, run() - first));
      first += PIECE;
      if (first >= run()) {
        first = 0;
        walk.next();
      }
    }
  }

  /** The place of one run. */
  final class Walk {
    final long[] at = new long[strides.length];
    private final long[] index = new long[sizes.length];

    private Walk(long first) {
      long rest = first;
      for (int loop = sizes.length - 2; loop >= 0; loop--) {
        index[loop] = rest % sizes[loop];
        rest /= sizes[loop];
        for (int k = 0; k < at.length; k++) {
          at[k] += index[loop] * strides[k][loop];
        }
      }
    }

    void next() {
      for (int loop = sizes.length - 2; loop >= 0; loop--) {
        index[loop]++;
        for (int k = 0; k < at.length; k++) {
          at[k] += strides[k][loop];
        }
        if (index[loop] < sizes[loop]) {
          return;
        }
        for (int k = 0; k < at.length; k++) {
          at[k] -= sizes[loop] * strides[k][loop];
        }
        index[loop] = 0;
      }
    }
  }
}
