package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.Tensor;

/** Steps that go over a value once: residuals, activations, and arithmetic on equal shapes. */
final class Tails {
  private static final int CHUNK = 16 * 1024;

  private Tails() {}

  /** How many floats of memory a value takes, gaps included. */
  static long extent(Home.InMemory home) {
    return switch (home) {
      case Home.Shares s -> s.count() * s.stride() / 4;
      case Home.Rows rows -> rows.type().bytes(Tensor.elements(rows.dims())) / 4;
      case Home.Matrix m -> m.rows() * m.pitch() / 4;
      case Home.Columns c -> c.columns() * c.pitch() / 4;
      case Home.Planes p -> p.batch() * (long) p.channels() * p.pitch() / 4;
      case Home.Strided s -> Strides.extent(s.dims(), s.strides()) / 4 + 1;
    };
  }

  record Apply(Kernels kernels, Curve curve, Slot x, Slot y, long count) implements Step {
    @Override
    public int tasks() {
      return (int) Math.ceilDiv(count, CHUNK);
    }

    @Override
    public double micros() {
      return count / 1000.0;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      long at = 4L * task * CHUNK;
      MemorySegment m = frame.memory;
      kernels.curve(
          curve, m, x.at + at, m, y.at + at, Math.min(CHUNK, count - (long) task * CHUNK));
    }
  }

  record Clamp(Kernels kernels, Bounds bounds, Slot x, Slot y, long count) implements Step {
    @Override
    public int tasks() {
      return (int) Math.ceilDiv(count, CHUNK);
    }

    @Override
    public double micros() {
      return count / 8000.0;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      long at = 4L * task * CHUNK;
      MemorySegment m = frame.memory;
      kernels.affine(
          1, 0, m, x.at + at, m, y.at + at, Math.min(CHUNK, count - (long) task * CHUNK), bounds);
    }
  }

  record Join(
      Kernels kernels, Kernels.Combine op, Slot a, Slot b, Slot y, long count, Bounds bounds)
      implements Step {
    @Override
    public int tasks() {
      return (int) Math.ceilDiv(count, CHUNK);
    }

    @Override
    public double micros() {
      return count / 6000.0;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      long at = 4L * task * CHUNK;
      MemorySegment m = frame.memory;
      long part = Math.min(CHUNK, count - (long) task * CHUNK);
      kernels.combine(op, m, a.at + at, m, b.at + at, m, y.at + at, part, bounds);
    }
  }

  /** Defines the layer's value, after what of its tail the kernel has not done itself. */
  static void finish(Layer layer, Home.InMemory result, boolean fused, Planner planner) {
    if (!fused) {
      Tail tail = layer.tail();
      long count = extent(result);
      if (tail.residual().isPresent()) {
        Slot other = Layouts.like(planner, tail.residual().get(), result).slot();
        planner.add(
            new Join(
                planner.kernels(),
                Kernels.Combine.ADD,
                result.slot(),
                other,
                result.slot(),
                count,
                tail.bounds()),
            List.of(result.slot(), other));
      } else if (!tail.bounds().isNone()) {
        planner.add(
            new Clamp(planner.kernels(), tail.bounds(), result.slot(), result.slot(), count),
            List.of(result.slot()));
      }
      if (tail.curve().isPresent()) {
        planner.add(
            new Apply(planner.kernels(), tail.curve().get(), result.slot(), result.slot(), count),
            List.of(result.slot()));
      }
    }
    planner.define(layer.output(), result);
  }
}
