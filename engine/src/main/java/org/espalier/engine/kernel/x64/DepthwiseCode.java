package org.espalier.engine.kernel.x64;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.espalier.engine.kernel.window.Flat;

/** Depthwise convolutions in machine code, a routine for each form. */
public final class DepthwiseCode {
  /** Code is never given back: a session that sees ever new shapes must not make ever more. */
  private static final int MOST = 1000;

  private static final ThreadLocal<MemorySegment> ARGUMENT =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(DepthwiseProgram.BYTES, 64));

  private final int vectorBytes;
  private final MemorySegment split;
  private final MachineCode.Routine sum;
  private final MachineCode.Routine greatest;
  private final Map<Flat.Form, MachineCode.Routine> routines = new ConcurrentHashMap<>();

  /** Code for vectors of so many bytes, which the processor has. */
  public DepthwiseCode(int vectorBytes) {
    this.vectorBytes = vectorBytes;
    sum = MachineCode.install(ReduceProgram.of(vectorBytes, false));
    greatest = MachineCode.install(ReduceProgram.of(vectorBytes, true));
    int lanes = vectorBytes / 4;
    split = Arena.ofAuto().allocate(2L * vectorBytes, 64);
    for (int k = 0; k < 2 * lanes; k++) {
      split.setAtIndex(ValueLayout.JAVA_INT, k, k % lanes * 2 + k / lanes);
    }
  }

  /** The kernel for a form; empty where too many were made before. */
  public Optional<Flat> of(Flat.Form form) {
    if (routines.size() >= MOST && !routines.containsKey(form)) {
      return Optional.empty();
    }
    MachineCode.Routine routine =
        routines.computeIfAbsent(
            form, f -> MachineCode.install(DepthwiseProgram.of(vectorBytes, f)));
    MemorySegment masks = form.masks(DepthwiseProgram.WIDE * vectorBytes / 4);
    return Optional.of((span, low, high) -> run(form, routine, masks, span, low, high));
  }

  private void run(
      Flat.Form form,
      MachineCode.Routine routine,
      MemorySegment masks,
      Flat.Span s,
      float low,
      float high) {
    long m = s.m().address();
    int width = form.width();
    // Of both phases: the even columns, which may be one more than the odd.
    int read = form.stride() == 1 ? s.rows() * width : Math.ceilDiv(width, 2);
    MemorySegment a = ARGUMENT.get();
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.X, m + s.xAt());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.X_PITCH, s.xPitch());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.X_ROW, 4L * width);
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.CHANNELS, s.channels());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.ROWS, s.rows());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.READ, whole(read));
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.END, 4L * read);
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.TO, m + s.toAt());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.NEXT, m + s.nextAt());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.BASE, m + s.baseAt());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.Y, m + s.yAt());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.Y_PITCH, s.yPitch());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.COUNT, whole(s.pixels()));
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.WEIGHTS, s.w().address() + s.weightAt());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.BIAS, s.w().address() + s.biasAt());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.MASKS, masks.address());
    a.set(ValueLayout.JAVA_FLOAT, DepthwiseProgram.LOW, low);
    a.set(ValueLayout.JAVA_FLOAT, DepthwiseProgram.HIGH, high);
    a.set(ValueLayout.JAVA_FLOAT, DepthwiseProgram.OUTSIDE, form.outside());
    a.set(ValueLayout.JAVA_LONG, DepthwiseProgram.SPLIT, split.address());
    routine.run(a.address());
  }

  /** One number for each of some planes: the largest, or the sum times {@code scale}. */
  public void reduce(
      boolean largest, long x, long pitch, int pixels, int planes, long y, float scale) {
    int lanes = vectorBytes / 4;
    int rest = pixels % lanes;
    float none = largest ? Flat.LOWEST : 0;
    MemorySegment a = ARGUMENT.get();
    a.set(ValueLayout.JAVA_LONG, ReduceProgram.X, x);
    a.set(ValueLayout.JAVA_LONG, ReduceProgram.PITCH, pitch);
    a.set(ValueLayout.JAVA_LONG, ReduceProgram.PLANES, planes);
    a.set(ValueLayout.JAVA_LONG, ReduceProgram.WHOLE, 4L * (pixels - rest));
    a.set(ValueLayout.JAVA_LONG, ReduceProgram.Y, y);
    a.set(ValueLayout.JAVA_LONG, ReduceProgram.REST, 4L * rest);
    a.set(ValueLayout.JAVA_LONG, ReduceProgram.MASK, a.address() + 64);
    a.set(ValueLayout.JAVA_FLOAT, ReduceProgram.NONE, none);
    a.set(ValueLayout.JAVA_FLOAT, ReduceProgram.SCALE, largest ? 1 : scale);
    for (int lane = 0; lane < lanes; lane++) {
      a.set(ValueLayout.JAVA_INT, 64 + 4L * lane, lane < rest ? -1 : 0);
      a.set(ValueLayout.JAVA_FLOAT, 64 + vectorBytes + 4L * lane, lane < rest ? 0 : none);
    }
    (largest ? greatest : sum).run(a.address());
  }

  /** Bytes of the vectors that hold so many floats. */
  private long whole(int floats) {
    return Math.ceilDiv(4L * floats, vectorBytes) * vectorBytes;
  }
}
