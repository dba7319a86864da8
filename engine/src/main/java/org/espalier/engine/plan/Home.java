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
  sealed interface Placed extends Home {
    Slot slot();
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
