package org.espalier.engine.plan;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.LanePacked;
import org.espalier.engine.kernel.Panel;
import org.espalier.engine.kernel.Strips;
import org.espalier.engine.kernel.WeightMatrix;

/**
 * Runs a kernel until the JIT compiler has done with it. Before that, vector code is thousands of
 * times slower than after, and a timing would say nothing.
 */
final class WarmUp {
  /** The loops that are compiled each for itself. */
  enum Loop {
    STRIP_OF_ONE,
    STRIP_OF_FOUR,
    VECTOR,
    TILE_OF_FOUR_ROWS,
    TILE_OF_ONE_ROW
  }

  /** A multiply-add of a vector takes a fraction of a nanosecond compiled, microseconds before. */
  private static final double COMPILED_NANOS = 8;

  private static final long BACKGROUND_NANOS = 60_000_000_000L;

  /**
   * After so many calls the JIT compiler knows of the loop, and more of them only take its time.
   */
  private static final int CALLS = 2000;

  /**
   * Small: a method is compiled after so many calls and turns of its loop, and each turn that is
   * interpreted takes a tenth of a millisecond.
   */
  private static final int ROWS = 4;

  private static final int DEPTH = 24;
  private static final Logger LOG = System.getLogger("org.espalier.engine");

  private static final Set<String> COMPILED = ConcurrentHashMap.newKeySet();
  private static final Set<String> LEFT_BEHIND = ConcurrentHashMap.newKeySet();

  private final Kernels kernels;
  private final MemorySegment memory;
  private final int width;
  private final int[] offsets = new int[DEPTH];

  private WarmUp(Kernels kernels) {
    this.kernels = kernels;
    width = 4 * Kernels.TILE * kernels.lanes();
    memory = Weights.aligned((long) (DEPTH + ROWS) * width);
    for (int k = 0; k < DEPTH; k++) {
      offsets[k] = k * width;
    }
  }

  /**
   * Returns once the loop is compiled, at once where it was before. A loop that the compiler hasn't
   * come to is called on in the background, so that later plans and runs find it compiled.
   *
   * @param nanos after how long to give up
   * @return whether the loop is compiled
   */
  static boolean of(Kernels kernels, Loop loop, long nanos) {
    if (isDone(kernels, loop)) {
      return true;
    }
    String key = key(kernels, loop);
    if (new WarmUp(kernels).isCompiled(loop, nanos)) {
      COMPILED.add(key);
      return true;
    }
    if (LEFT_BEHIND.add(key)) {
      Thread.ofPlatform()
          .daemon()
          .name("espalier-warm-up")
          .start(
              () -> {
                if (new WarmUp(kernels).isCompiled(loop, BACKGROUND_NANOS)) {
                  COMPILED.add(key);
                }
                LEFT_BEHIND.remove(key);
              });
    }
    return false;
  }

  /** Whether the loop is known to be compiled. */
  static boolean isDone(Kernels kernels, Loop loop) {
    boolean written = kernels.isMachineCode() && loop != Loop.VECTOR;
    return written || COMPILED.contains(key(kernels, loop));
  }

  private static String key(Kernels kernels, Loop loop) {
    return loop + " of " + kernels.name();
  }

  private boolean isCompiled(Loop loop, long nanos) {
    double steps = 0;
    Runnable kernel = null;
    var y = new Panel(memory, end(), width);
    switch (loop) {
      case STRIP_OF_ONE, STRIP_OF_FOUR -> {
        int height = loop == Loop.STRIP_OF_ONE ? 1 : 4;
        int tile = kernels.tile(height);
        int[] cuts = {0, DEPTH};
        WeightMatrix matrix = WeightMatrix.of(weights(), DEPTH);
        Strips strips = Strips.of(matrix, 0, ROWS, height, offsets, cuts, new float[ROWS], false);
        steps = strips.columns() * (double) height * tile;
        kernel = () -> kernels.product(strips, 0, memory, 0, y, null, tile, Bounds.RELU);
      }
      case VECTOR -> {
        LanePacked packed = LanePacked.of(weights(), ROWS, DEPTH, new float[ROWS], kernels.lanes());
        steps = packed.steps();
        kernel =
            () ->
                kernels.sparseVector(
                    packed, 0, packed.slices(), memory, 0, memory, end(), Bounds.RELU);
      }
      case TILE_OF_FOUR_ROWS, TILE_OF_ONE_ROW -> {
        int rows = loop == Loop.TILE_OF_FOUR_ROWS ? 4 : 1;
        var left = new Kernels.Operand(memory, 0, width, 4);
        var start = new Kernels.Start(memory, 0, 0, 0);
        steps = DEPTH * (double) Kernels.TILE * rows;
        var right = new Panel(memory, 0, width);
        kernel = () -> kernels.denseTile(rows, DEPTH, left, right, start, y, Bounds.RELU);
      }
    }
    return until(loop, steps, kernel, nanos);
  }

  private long end() {
    return (long) DEPTH * width;
  }

  private static float[] weights() {
    float[] weights = new float[ROWS * DEPTH];
    for (int k = 0; k < weights.length; k += 4) {
      weights[k] = 1e-3f;
    }
    return weights;
  }

  private static boolean until(Loop loop, double steps, Runnable kernel, long nanos) {
    long begin = System.nanoTime();
    int quick = 0;
    for (int call = 0; quick < 20 && System.nanoTime() - begin < nanos; call++) {
      long start = System.nanoTime();
      kernel.run();
      quick = System.nanoTime() - start < steps * COMPILED_NANOS + 200 ? quick + 1 : 0;
      if (quick == 0 && call > CALLS) {
        LockSupport.parkNanos(1_000_000);
      }
    }
    LOG.log(
        Level.DEBUG,
        "{0} {1} after {2} ms",
        loop,
        quick < 20 ? "not compiled" : "compiled",
        (System.nanoTime() - begin) / 1_000_000);
    return quick == 20;
  }
}
