package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;

/** Copies between two layouts of the same dimensions, element by element. */
record Copy(int bytes, Slot from, Slot to, Nest nest, int tasks, boolean isConversion)
    implements Step {
  private static final int TASK_BYTES = 64 * 1024;

  /** Adds what fills {@code to} with the numbers of {@code from}. */
  static void add(Planner planner, Home.Strided from, Home.Strided to) {
    add(planner, from, to, /* conversion= */ false);
  }

  /** The same where nothing but the layout changes. */
  static void convert(Planner planner, Home.Strided from, Home.Strided to) {
    add(planner, from, to, /* conversion= */ true);
  }

  private static void add(Planner planner, Home.Strided from, Home.Strided to, boolean conversion) {
    int bytes = Strides.bytes(from.type());
    Nest nest = Nest.of(to.dims(), to.strides(), from.strides());
    for (int loop = 0; loop < nest.depth() - 1; loop++) {
      if (bytes == 4 && nest.step(0) == 4 && nest.stride(1, loop) == 4 && nest.step(1) != 4) {
        var turn =
            new Turn(
                planner.kernels(),
                from.slot(),
                to.slot(),
                nest,
                loop,
                nest.around(loop),
                conversion);
        planner.add(turn, List.of(from.slot(), to.slot()));
        return;
      }
    }
    long pieces = Math.max(1, nest.outer() * nest.run() * bytes / TASK_BYTES);
    int tasks = (int) Math.clamp(pieces, 1, nest.outer());
    var step = new Copy(bytes, from.slot(), to.slot(), nest, tasks, conversion);
    planner.add(step, List.of(from.slot(), to.slot()));
  }

  /** Turns matrices on their sides: what lies together in one layout are columns in the other. */
  record Turn(
      Kernels kernels, Slot from, Slot to, Nest nest, int loop, Nest around, boolean isConversion)
      implements Step {
    private static final int CHUNK = 64;

    private int chunks() {
      return (int) Math.ceilDiv(nest.size(loop), CHUNK);
    }

    @Override
    public int tasks() {
      return (int) around.outer() * chunks();
    }

    @Override
    public double micros() {
      return (double) nest.outer() * nest.run() / 1000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      long[] at = around.from(task / chunks()).at;
      long first = (long) task % chunks() * CHUNK;
      long yRow = nest.stride(0, loop);
      kernels.transpose(
          (int) nest.run(),
          (int) Math.min(CHUNK, nest.size(loop) - first),
          new Panel(frame.memory, from.at + at[1] + 4 * first, nest.step(1)),
          new Panel(frame.memory, to.at + at[0] + first * yRow, yRow));
    }
  }

  /** Brings a value into the layout of {@code target}, which is new. */
  static <T extends Home.Placed> T into(Planner planner, String value, T target) {
    convert(planner, Strides.of(planner.placed(value)), Strides.of(target));
    return target;
  }

  /** Brings shares into the layout of {@code target}, which is new. */
  static <T extends Home.Placed> T into(Planner planner, Home.Shares shares, T target) {
    for (int k = 0; k < shares.count(); k++) {
      convert(planner, shares.share(k), part(Strides.of(target), shares, k));
    }
    return target;
  }

  /** Brings a value into shares. */
  static Home.Shares into(Planner planner, String value, Home.Shares target) {
    Home.Strided from = Strides.of(planner.placed(value));
    for (int k = 0; k < target.count(); k++) {
      convert(planner, part(from, target, k), target.share(k));
    }
    return target;
  }

  /** Those numbers of {@code whole} that are in share {@code k} of {@code shares}. */
  private static Home.Strided part(Home.Strided whole, Home.Shares shares, int k) {
    long first = (long) k * shares.size();
    long offset = first * whole.strides()[shares.axis()];
    long[] dims = shares.share(k).dims();
    return new Home.Strided(whole.slot().part(offset), whole.type(), dims, whole.strides());
  }

  @Override
  public double micros() {
    double elements = (double) nest.outer() * nest.run();
    return elements * bytes / (nest.step(1) == bytes && nest.run() > 8 ? 8000 : 2000);
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    long first = nest.outer() * task / tasks;
    long end = nest.outer() * (task + 1) / tasks;
    MemorySegment m = frame.memory;
    Nest.Walk walk = nest.from(first);
    boolean together = nest.step(0) == bytes && nest.step(1) == bytes;
    for (long k = first; k < end; k++, walk.next()) {
      long y = to.at + walk.at[0];
      long x = from.at + walk.at[1];
      if (together) {
        MemorySegment.copy(m, x, m, y, nest.run() * bytes);
      } else {
        run(m, x, y);
      }
    }
  }

  private void run(MemorySegment m, long x, long y) {
    long count = nest.run();
    long xStep = nest.step(1);
    long yStep = nest.step(0);
    switch (bytes) {
      case 1 -> {
        for (long k = 0; k < count; k++) {
          m.set(ValueLayout.JAVA_BYTE, y + k * yStep, m.get(ValueLayout.JAVA_BYTE, x + k * xStep));
        }
      }
      case 2 -> {
        for (long k = 0; k < count; k++) {
          short value = m.get(ValueLayout.JAVA_SHORT_UNALIGNED, x + k * xStep);
          m.set(ValueLayout.JAVA_SHORT_UNALIGNED, y + k * yStep, value);
        }
      }
      case 4 -> {
        for (long k = 0; k < count; k++) {
          int value = m.get(ValueLayout.JAVA_INT_UNALIGNED, x + k * xStep);
          m.set(ValueLayout.JAVA_INT_UNALIGNED, y + k * yStep, value);
        }
      }
      default -> {
        for (long k = 0; k < count; k++) {
          long value = m.get(ValueLayout.JAVA_LONG_UNALIGNED, x + k * xStep);
          m.set(ValueLayout.JAVA_LONG_UNALIGNED, y + k * yStep, value);
        }
      }
    }
  }
}
