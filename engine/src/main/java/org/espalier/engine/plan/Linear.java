package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.LanePacked;
import org.espalier.engine.kernel.Panel;

/** The steps that multiply a matrix of activations by constant weights. */
final class Linear {
  /** Rows of activations in a task. */
  static final int CHUNK = 64;

  /** Slices of outputs in a task of a matrix-vector product. */
  static final int SLICES = 8;

  private Linear() {}

  /** Dense weights in panels: outputs are the vector, an activation is a broadcast. */
  record Dense(
      Kernels kernels,
      MemorySegment panels,
      MemorySegment bias,
      Home.Matrix x,
      Home.Matrix y,
      Bounds bounds)
      implements Step {
    @Override
    public int tasks() {
      return tiles() * Math.ceilDiv(x.rows(), CHUNK);
    }

    private int tiles() {
      return Math.ceilDiv(y.columns(), Kernels.TILE * kernels.lanes());
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      int first = task / tiles() * CHUNK;
      long tile = task % tiles();
      long width = 4L * Kernels.TILE * kernels.lanes();
      var left = new Kernels.Operand(frame.memory, x.slot().at + first * x.pitch(), x.pitch(), 4);
      var start = new Kernels.Start(bias, tile * width, 0, width / Kernels.TILE);
      kernels.denseTile(
          Math.min(CHUNK, x.rows() - first),
          x.columns(),
          left,
          new Panel(panels, tile * x.columns() * width, width),
          start,
          new Panel(frame.memory, y.slot().at + first * y.pitch() + tile * width, y.pitch()),
          bounds);
    }
  }

  /** Sparse weights times one row of activations after the other. */
  record RowByRow(Kernels kernels, LanePacked weights, Home.Matrix x, Home.Matrix y, Bounds bounds)
      implements Step {
    @Override
    public int tasks() {
      return x.rows() * Math.ceilDiv(weights.slices(), SLICES);
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      int row = task % x.rows();
      int first = task / x.rows() * SLICES;
      kernels.sparseVector(
          weights,
          first,
          Math.min(weights.slices(), first + SLICES),
          frame.memory,
          x.slot().at + row * x.pitch(),
          frame.memory,
          y.slot().at + row * y.pitch(),
          bounds);
    }
  }
}
