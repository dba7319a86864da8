package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;
import org.espalier.engine.kernel.Passes;

/**
 * Scaled attention of all heads: {@code y = v softmax(scale * k q + mask)}. A tile of queries is
 * the vector in both products and in the softmax between them, so that nothing is turned on its
 * side or summed across lanes; a tile's scores stay in the cache of the core that makes them.
 *
 * @param size features of a query and a key
 * @param width features of a value
 * @param scratch scores and results of a tile, for each worker
 * @param lead the dimensions that come before queries and features: batch and heads
 */
record Attention(
    Kernels kernels,
    int queries,
    int keys,
    int size,
    int width,
    float scale,
    Side q,
    Side k,
    Side v,
    Side y,
    Side mask,
    boolean replaces,
    Slot scratch,
    long[] lead)
    implements Step {

  /**
   * Where a matrix of each head lies.
   *
   * @param row bytes between rows of the matrix, its last axis but one
   * @param column bytes between its columns
   */
  record Side(Slot slot, long[] lead, long row, long column) {
    static Side of(Home.Strided home, long[] lead) {
      int rank = home.dims().length;
      long[] strides = new long[lead.length];
      int shift = lead.length - (rank - 2);
      for (int axis = 0; axis < rank - 2; axis++) {
        strides[shift + axis] = home.dims()[axis] == 1 ? 0 : home.strides()[axis];
      }
      return new Side(home.slot(), strides, home.strides()[rank - 2], home.strides()[rank - 1]);
    }

    /** The same with rows and columns in each other's place. */
    Side turned() {
      return new Side(slot, lead, /* row= */ column, /* column= */ row);
    }

    long at(long[] index) {
      long at = slot.at;
      for (int axis = 0; axis < lead.length; axis++) {
        at += index[axis] * lead[axis];
      }
      return at;
    }
  }

  /** Bytes that a worker needs: scores, results, and what columns are divided by. */
  static long scratch(int tile, int keys, int width) {
    return 4L * tile * (keys + width + 1L);
  }

  /** The place of head {@code head} among those that come before queries and features. */
  static long[] index(int head, long[] lead) {
    long[] index = new long[lead.length];
    long rest = head;
    for (int axis = lead.length - 1; axis >= 0; axis--) {
      index[axis] = rest % lead[axis];
      rest /= lead[axis];
    }
    return index;
  }

  private int tiles() {
    return Math.ceilDiv(queries, tile());
  }

  private int tile() {
    return Kernels.TILE * kernels.lanes();
  }

  @Override
  public int tasks() {
    return (int) Arrays.stream(lead).reduce(1, (a, b) -> a * b) * tiles();
  }

  @Override
  public double micros() {
    return tasks() * (double) tile() * keys * (size + width) / 30_000;
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    long[] index = index(task / tiles(), lead);
    int first = task % tiles() * tile();
    long pitch = 4L * tile();
    MemorySegment m = frame.memory;
    long scores = scratch.at + worker * scratch(tile(), keys, width);
    long results = scores + keys * pitch;
    long inverse = results + width * pitch;
    var keysLeft = new Kernels.Operand(m, k.at(index), k.column, k.row);
    var queriesRight = new Panel(m, q.at(index) + first * q.row, q.column);
    var tile = new Panel(m, scores, pitch);
    kernels.denseTile(keys, size, keysLeft, queriesRight, null, tile, Bounds.NONE);
    kernels.passes().softmaxTile(keys, tile, scale, mask(m, index, first), m, inverse);
    var valuesLeft = new Kernels.Operand(m, v.at(index), v.column, v.row);
    int count = Math.min(tile(), queries - first);
    var to = new Panel(m, y.at(index) + first * y.row, y.column);
    if (count == tile()) {
      kernels.scaledTile(width, keys, valuesLeft, tile, m, inverse, to);
      return;
    }
    // Not all of a tile may be written.
    var sums = new Panel(m, results, pitch);
    kernels.denseTile(width, keys, valuesLeft, tile, null, sums, Bounds.NONE);
    kernels.passes().scaleColumns(width, count, sums, m, inverse, to);
  }

  private Passes.Mask mask(MemorySegment m, long[] index, int first) {
    return mask == null
        ? Passes.Mask.NONE
        : new Passes.Mask(m, mask.at(index) + first * mask.row, mask.column, mask.row, replaces);
  }

  /** Turns a condition into numbers: 0 where it holds, {@code masked} elsewhere. */
  record Masking(Slot from, Slot to, Nest nest, float masked) implements Step {
    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      Nest.Walk walk = nest.from(0);
      for (long outer = 0; outer < nest.outer(); outer++, walk.next()) {
        long y = to.at + walk.at[0];
        long x = from.at + walk.at[1];
        for (long k = 0; k < nest.run(); k++) {
          boolean holds = m.get(ValueLayout.JAVA_BYTE, x + k * nest.step(1)) != 0;
          m.set(ValueLayout.JAVA_FLOAT, y + k * nest.step(0), holds ? 0 : masked);
        }
      }
    }
  }
}
