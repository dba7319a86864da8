package org.espalier.engine.plan;

import java.util.Arrays;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Where a value is found during a run, and in which order its numbers lie there. */
sealed interface Home {
  long[] dims();

  DataType type();

  /** What {@code inspect --plan} calls this layout. */
  String layout();

  /** A home in a frame's memory. */
  sealed interface InMemory extends Home {
    Slot slot();
  }

  /** A home in one stretch of memory, which strides describe. */
  sealed interface Placed extends InMemory {}

  /**
   * An axis cut into shares, one for each thread, which lie one after the other. Threads that each
   * keep to a share write to no line of the cache next to one that another writes to: cores fetch
   * lines ahead, and would take them from each other.
   *
   * @param inner the same with two axes in the place of that one: shares, and places in a share, of
   *     which the last share may leave some at its end unused
   * @param axis of {@code dims}, which is cut
   */
  record Shares(Strided inner, long[] dims, int axis) implements InMemory {
    @Override
    public Slot slot() {
      return inner.slot();
    }

    @Override
    public DataType type() {
      return inner.type();
    }

    @Override
    public String layout() {
      return "%d shares of %d".formatted(count(), size());
    }

    int count() {
      return (int) inner.dims()[axis];
    }

    /** Places in a share. */
    int size() {
      return (int) inner.dims()[axis + 1];
    }

    /** Bytes from share to share. */
    long stride() {
      return inner.strides()[axis];
    }

    /** The places of share {@code k} that are used. */
    Strided share(int k) {
      long[] part = dims.clone();
      part[axis] = Math.min(size(), dims[axis] - (long) k * size());
      return new Strided(slot().part(k * stride()), type(), part, strides());
    }

    /** Bytes from one index to the next along each axis, within a share. */
    long[] strides() {
      return without(inner.strides(), axis);
    }

    private static long[] without(long[] all, int axis) {
      long[] fewer = new long[all.length - 1];
      System.arraycopy(all, 0, fewer, 0, axis);
      System.arraycopy(all, axis + 1, fewer, axis, fewer.length - axis);
      return fewer;
    }
  }

  /** Row-major without gaps, any type. */
  record Rows(Slot slot, DataType type, long[] dims) implements Placed {
    @Override
    public String layout() {
      return "rows";
    }
  }

  /**
   * Floats as a matrix: the last axis is a row, every row starts on a multiple of a tile.
   *
   * @param pitch bytes from row to row
   */
  record Matrix(Slot slot, long[] dims, int rows, int columns, long pitch) implements Placed {
    @Override
    public DataType type() {
      return DataType.FLOAT;
    }

    @Override
    public String layout() {
      return "rows of " + pitch / 4;
    }
  }

  /**
   * Floats as a matrix turned on its side, so that the rows of a batch lie next to each other.
   *
   * @param pitch bytes from column to column
   */
  record Columns(Slot slot, long[] dims, int rows, int columns, long pitch) implements Placed {
    @Override
    public DataType type() {
      return DataType.FLOAT;
    }

    @Override
    public String layout() {
      return "columns of " + pitch / 4;
    }
  }

  /**
   * Floats of an image: batch, channels, then pixels; every channel starts on a whole vector.
   *
   * @param pitch bytes from channel to channel
   */
  record Planes(Slot slot, long[] dims, int batch, int channels, int pixels, long pitch)
      implements Placed {
    @Override
    public DataType type() {
      return DataType.FLOAT;
    }

    @Override
    public String layout() {
      return "planes of " + pitch / 4;
    }

    int height() {
      return (int) dims[2];
    }

    int width() {
      return (int) dims[3];
    }
  }

  /**
   * Numbers of another value's memory seen in another shape: transposed, cut out, repeated.
   *
   * @param strides bytes from one index to the next along each axis; 0 where all are the same
   */
  record Strided(Slot slot, DataType type, long[] dims, long[] strides) implements Placed {
    @Override
    public String layout() {
      return "view " + Arrays.toString(strides);
    }

    /** The same in other memory. */
    Strided in(Slot other) {
      return new Strided(other, type, dims, strides);
    }
  }

  /** A tensor that the run itself makes; its shape may only be known then. */
  record Boxed(int index, DataType type, long[] dims) implements Home {
    @Override
    public String layout() {
      return "tensor";
    }
  }

  /** The same in every run. */
  record Constant(Tensor tensor) implements Home {
    @Override
    public long[] dims() {
      return tensor.dims();
    }

    @Override
    public DataType type() {
      return tensor.type();
    }

    @Override
    public String layout() {
      return "constant " + Arrays.toString(tensor.dims());
    }
  }
}
