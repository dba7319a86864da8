package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** The steps between two layouts; where both are the same bytes, there is none. */
final class Conversion {
  private static final double BYTES_PER_MICRO = 8000;

  private Conversion() {}

  /** Copies {@code count} rows of {@code width} bytes from one pitch to another. */
  record Repitch(Slot from, long fromPitch, Slot to, long toPitch, long count, long width)
      implements Step {
    @Override
    public int tasks() {
      return Rows.tasks(count, width);
    }

    @Override
    public double micros() {
      return count * width / BYTES_PER_MICRO;
    }

    @Override
    public boolean isConversion() {
      return true;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      Rows.copy(m, from.at, fromPitch, m, to.at, toPitch, count, width, task);
    }
  }

  /** Copies rows of a tensor, an input or one that the run has made, to another pitch. */
  record Unbox(int index, Slot to, long toPitch, long count, long width) implements Step {
    @Override
    public int tasks() {
      return Rows.tasks(count, width);
    }

    @Override
    public double micros() {
      return count * width / BYTES_PER_MICRO;
    }

    @Override
    public boolean isConversion() {
      return true;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment data = frame.boxed[index].data();
      assert data.byteSize() == count * width : frame.boxed[index] + " for " + this;
      Rows.copy(data, 0, width, frame.memory, to.at, toPitch, count, width, task);
    }
  }

  /** Rows of bytes, copied in tasks of some ten microseconds. */
  private static final class Rows {
    private static final long BYTES = 1 << 18;

    private Rows() {}

    private static long perTask(long width) {
      return Math.max(1, BYTES / Math.max(1, width));
    }

    static int tasks(long count, long width) {
      return (int) Math.ceilDiv(count, perTask(width));
    }

    static void copy(
        MemorySegment from,
        long fromAt,
        long fromPitch,
        MemorySegment to,
        long toAt,
        long toPitch,
        long count,
        long width,
        int task) {
      long first = task * perTask(width);
      long last = Math.min(count, first + perTask(width));
      if (fromPitch == width && toPitch == width) {
        MemorySegment.copy(
            from, fromAt + first * width, to, toAt + first * width, (last - first) * width);
        return;
      }
      for (long row = first; row < last; row++) {
        MemorySegment.copy(from, fromAt + row * fromPitch, to, toAt + row * toPitch, width);
      }
    }
  }

  /** Turns a matrix on its side. */
  record Transpose(
      Kernels kernels, Slot from, long fromPitch, Slot to, long toPitch, int height, int width)
      implements Step {
    @Override
    public double micros() {
      return height * (double) width / 1000;
    }

    @Override
    public boolean isConversion() {
      return true;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      kernels.transpose(
          height,
          width,
          new Panel(frame.memory, from.at, fromPitch),
          new Panel(frame.memory, to.at, toPitch));
    }
  }

  static Home.Rows toRows(Planner planner, Home home) {
    return switch (home) {
      case Home.Rows rows -> rows;
      case Home.Constant(var tensor) -> planner.pin(tensor);
      case Home.Matrix m -> repitched(planner, m, m.slot(), m.pitch(), m.rows(), 4L * m.columns());
      case Home.Planes p ->
          repitched(
              planner, p, p.slot(), p.pitch(), p.batch() * (long) p.channels(), 4L * p.pixels());
      case Home.Columns c -> toRows(planner, toMatrix(planner, c));
      case Home.Shares shares ->
          Copy.into(planner, shares, planner.newRows(shares.type(), shares.dims()));
      case Home.Strided view -> {
        var rows = planner.newRows(view.type(), view.dims());
        Copy.convert(planner, view, Strides.of(rows));
        yield rows;
      }
      case Home.Boxed boxed -> {
        var rows = planner.newRows(boxed.type(), boxed.dims());
        long count = Tensor.elements(boxed.dims());
        unbox(planner, boxed, rows.slot(), boxed.type().bytes(count), count, count);
        yield rows;
      }
    };
  }

  private static Home.Rows repitched(
      Planner planner, Home home, Slot slot, long pitch, long count, long width) {
    if (count == 1 || pitch == width) {
      return new Home.Rows(slot, home.type(), home.dims());
    }
    var rows = planner.newRows(home.type(), home.dims());
    planner.add(
        new Repitch(slot, pitch, rows.slot(), width, count, width), List.of(slot, rows.slot()));
    return rows;
  }

  /** Copies {@code count} elements, {@code width} in a row. */
  private static void unbox(
      Planner planner, Home.Boxed boxed, Slot slot, long pitch, long count, long width) {
    long rows = count == 0 ? 0 : count / width;
    planner.add(
        new Unbox(boxed.index(), slot, pitch, rows, boxed.type().bytes(width)), List.of(slot));
  }

  static Home.Matrix toMatrix(Planner planner, String value) {
    return switch (planner.source(value)) {
      case Home.Boxed boxed when isFloat(boxed) -> {
        Home.Matrix m = planner.newMatrix(boxed.dims());
        unbox(planner, boxed, m.slot(), m.pitch(), Tensor.elements(m.dims()), m.columns());
        yield m;
      }
      case Home.Columns columns -> toMatrix(planner, columns);
      case Home.Shares shares -> Copy.into(planner, shares, planner.newMatrix(shares.dims()));
      case Home.Strided view -> Copy.into(planner, value, planner.newMatrix(view.dims()));
      default -> toMatrix(planner, planner.rows(value));
    };
  }

  /** Whether a tensor's numbers can be copied to a place of known size. */
  private static boolean isFloat(Home.Boxed boxed) {
    return boxed.type() == DataType.FLOAT && boxed.dims() != null;
  }

  private static Home.Matrix toMatrix(Planner planner, Home.Columns c) {
    Home.Matrix m = planner.newMatrix(c.dims());
    planner.add(
        new Transpose(
            planner.kernels(), c.slot(), c.pitch(), m.slot(), m.pitch(), c.columns(), c.rows()),
        List.of(c.slot(), m.slot()));
    return m;
  }

  private static Home.Matrix toMatrix(Planner planner, Home.Rows rows) {
    Home.Matrix m = planner.newMatrix(rows.dims());
    long width = 4L * m.columns();
    if (m.rows() <= 1 || m.pitch() == width) {
      return new Home.Matrix(rows.slot(), m.dims(), m.rows(), m.columns(), m.pitch());
    }
    planner.add(
        new Repitch(rows.slot(), width, m.slot(), m.pitch(), m.rows(), width),
        List.of(rows.slot(), m.slot()));
    return m;
  }

  static Home.Columns toColumns(Planner planner, String value) {
    if (planner.home(value) instanceof Home.Shares shares) {
      return Copy.into(planner, shares, planner.newColumns(shares.dims()));
    }
    Home.Placed home = planner.placed(value);
    return Copy.into(planner, value, planner.newColumns(home.dims()));
  }

  /** Shares in one piece, their axes in the same order. */
  static Home.Placed toOne(Planner planner, Home.Shares shares) {
    return Copy.into(
        planner, shares, Strides.inOrder(planner, shares.type(), shares.dims(), shares.strides()));
  }

  static Home.Planes toPlanes(Planner planner, String value) {
    if (planner.source(value) instanceof Home.Boxed boxed && isFloat(boxed)) {
      Home.Planes p = planner.newPlanes(boxed.dims());
      unbox(planner, boxed, p.slot(), p.pitch(), Tensor.elements(p.dims()), p.pixels());
      return p;
    }
    return toPlanes(planner, planner.rows(value));
  }

  private static Home.Planes toPlanes(Planner planner, Home.Rows rows) {
    Home.Planes p = planner.newPlanes(rows.dims());
    long width = 4L * p.pixels();
    long count = p.batch() * (long) p.channels();
    if (count == 1 || p.pitch() == width) {
      return new Home.Planes(rows.slot(), p.dims(), p.batch(), p.channels(), p.pixels(), p.pitch());
    }
    planner.add(
        new Repitch(rows.slot(), width, p.slot(), p.pitch(), count, width),
        List.of(rows.slot(), p.slot()));
    return p;
  }
}
