package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.espalier.engine.kernel.Kernels;

/** The steps between two layouts; where both are the same bytes, there is none. */
final class Conversion {
  private Conversion() {}

  /** Copies {@code count} rows of {@code width} bytes from one pitch to another. */
  record Repitch(Slot from, long fromPitch, Slot to, long toPitch, long count, long width)
      implements Step {
    @Override
    public void run(Frame frame, int task, int worker) {
      for (long row = 0; row < count; row++) {
        MemorySegment.copy(
            frame.memory, from.at + row * fromPitch, frame.memory, to.at + row * toPitch, width);
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
    public void run(Frame frame, int task, int worker) {
      kernels.transpose(
          height, width, frame.memory, from.at, fromPitch, frame.memory, to.at, toPitch);
    }
  }

  /** Copies a tensor that the run has made into the frame. */
  record Unbox(int index, Slot to, String value, long[] dims) implements Step {
    @Override
    public void run(Frame frame, int task, int worker) {
      var tensor = frame.boxed[index];
      assert Arrays.equals(tensor.dims(), dims) : value + " is " + tensor;
      MemorySegment.copy(tensor.data(), 0, frame.memory, to.at, tensor.data().byteSize());
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
      case Home.Boxed boxed -> {
        var rows = planner.newRows(boxed.type(), boxed.dims());
        planner.add(
            new Unbox(boxed.index(), rows.slot(), "box " + boxed.index(), boxed.dims()),
            List.of(rows.slot()));
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

  static Home.Matrix toMatrix(Planner planner, String value) {
    return planner.home(value) instanceof Home.Columns columns
        ? toMatrix(planner, columns)
        : toMatrix(planner, planner.rows(value));
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

  static Home.Columns toColumns(Planner planner, Home.Matrix m) {
    Home.Columns c = planner.newColumns(m.dims());
    planner.add(
        new Transpose(
            planner.kernels(), m.slot(), m.pitch(), c.slot(), c.pitch(), m.rows(), m.columns()),
        List.of(m.slot(), c.slot()));
    return c;
  }

  static Home.Planes toPlanes(Planner planner, Home.Rows rows) {
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
