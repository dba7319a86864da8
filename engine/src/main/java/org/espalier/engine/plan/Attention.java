package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
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
    List<Slot> scratch,
    long[] lead)
    implements Step {

  /**
   * Where a matrix of each head lies.
   *
   * @param row bytes between rows of the matrix, its last axis but one
   * @param column bytes between its columns
   * @param share how many tokens lie side by side, in a thread's share or in all
   * @param shareBytes from share to share
   */
  record Side(Slot slot, long[] lead, long row, long column, int share, long shareBytes) {
    /** A matrix whose tokens are in shares, or in one piece. */
    static Side of(Home.InMemory home, long[] lead) {
      return switch (home) {
        case Home.Placed placed -> of(Strides.of(placed), lead);
        case Home.Shares shares -> {
          Side first = of(shares.share(0), lead);
          yield new Side(
              first.slot, first.lead, first.row, first.column, shares.size(), shares.stride());
        }
      };
    }

    private static Side of(Home.Strided home, long[] lead) {
      int rank = home.dims().length;
      long[] strides = new long[lead.length];
      int shift = lead.length - (rank - 2);
      for (int axis = 0; axis < rank - 2; axis++) {
        strides[shift + axis] = home.dims()[axis] == 1 ? 0 : home.strides()[axis];
      }
      return new Side(
          home.slot(),
          strides,
          home.strides()[rank - 2],
          home.strides()[rank - 1],
          Integer.MAX_VALUE,
          0);
    }

    /** The same with rows and columns in each other's place. */
    Side turned() {
      return new Side(slot, lead, /* row= */ column, /* column= */ row, share, shareBytes);
    }

    long at(long[] index) {
      long at = slot.at;
      for (int axis = 0; axis < lead.length; axis++) {
        at += index[axis] * lead[axis];
      }
      return at;
    }

    /** Where the first token of a share lies, which is token {@code token} of all. */
    long at(long[] index, int token) {
      return at(index) + token / share * shareBytes;
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

  private int tile() {
    return Kernels.TILE * kernels.lanes();
  }

  /** Queries of a share. */
  private int share() {
    return Math.min(q.share, queries);
  }

  /** Tiles of a share. */
  private int tiles() {
    return Math.ceilDiv(share(), tile());
  }

  private int heads() {
    return (int) Arrays.stream(lead).reduce(1, (a, b) -> a * b);
  }

  @Override
  public int tasks() {
    return Math.ceilDiv(queries, share()) * heads() * tiles();
  }

  @Override
  public double micros() {
    return tasks() * (double) tile() * keys * (size + width) / 30_000;
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    long[] index = index(task / tiles() % heads(), lead);
    int share = task / tiles() / heads();
    int first = task % tiles() * tile();
    int query = share * share() + first;
    if (query >= queries) {
      return;
    }
    long pitch = 4L * tile();
    MemorySegment m = frame.memory;
    long scores = scratch.get(worker).at;
    long results = scores + keys * pitch;
    long inverse = results + width * pitch;
    long from = q.at(index) + share * q.shareBytes + first * q.row;
    var queriesRight = new Panel(m, from, q.column);
    for (int key = 0; key < keys; key += k.share) {
      var keysLeft = new Kernels.Operand(m, k.at(index, key), k.column, k.row);
      var rows = new Panel(m, scores + key * pitch, pitch);
      int count = Math.min(k.share, keys - key);
      kernels.denseTile(count, size, keysLeft, queriesRight, null, rows, Bounds.NONE);
    }
    var tile = new Panel(m, scores, pitch);
    kernels.passes().softmaxTile(keys, tile, scale, mask(m, index, query), m, inverse);
    int count = Math.min(tile(), Math.min(queries - query, share() - first));
    var to = new Panel(m, y.at(index) + share * y.shareBytes + first * y.row, y.column);
    if (count == tile() && v.share >= keys) {
      var valuesLeft = new Kernels.Operand(m, v.at(index), v.column, v.row);
      kernels.scaledTile(width, keys, valuesLeft, tile, m, inverse, to);
      return;
    }
    // Not all of a tile may be written, or sums go on with the values of the next share.
    var sums = new Panel(m, results, pitch);
    for (int key = 0; key < keys; key += v.share) {
      var valuesLeft = new Kernels.Operand(m, v.at(index, key), v.column, v.row);
      var rows = new Panel(m, scores + key * pitch, pitch);
      var start = key == 0 ? null : new Kernels.Start(m, results, pitch, 4L * kernels.lanes());
      int depth = Math.min(v.share, keys - key);
      kernels.denseTile(width, depth, valuesLeft, rows, start, sums, Bounds.NONE);
    }
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
