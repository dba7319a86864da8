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
    Arguments.ours()
        .with(DepthwiseProgram.X, m + s.xAt())
        .with(DepthwiseProgram.X_PITCH, s.xPitch())
        .with(DepthwiseProgram.X_ROW, 4L * width)
        .with(DepthwiseProgram.CHANNELS, s.channels())
        .with(DepthwiseProgram.ROWS, s.rows())
        .with(DepthwiseProgram.READ, whole(read))
        .with(DepthwiseProgram.END, 4L * read)
        .with(DepthwiseProgram.TO, m + s.toAt())
        .with(DepthwiseProgram.NEXT, m + s.nextAt())
        .with(DepthwiseProgram.BASE, m + s.baseAt())
        .with(DepthwiseProgram.Y, m + s.yAt())
        .with(DepthwiseProgram.Y_PITCH, s.yPitch())
        .with(DepthwiseProgram.COUNT, whole(s.pixels()))
        .with(DepthwiseProgram.WEIGHTS, s.w().address() + s.weightAt())
        .with(DepthwiseProgram.BIAS, s.w().address() + s.biasAt())
        .with(DepthwiseProgram.MASKS, masks.address())
        .with(DepthwiseProgram.LOW, low)
        .with(DepthwiseProgram.HIGH, high)
        .with(DepthwiseProgram.OUTSIDE, form.outside())
        .with(DepthwiseProgram.SPLIT, split.address())
        .call(routine);
  }

  /** One number for each of some planes: the largest, or the sum times {@code scale}. */
  public void reduce(
      boolean largest, long x, long pitch, int pixels, int planes, long y, float scale) {
    int lanes = vectorBytes / 4;
    int rest = pixels % lanes;
    float none = largest ? Flat.LOWEST : 0;
    Arguments a = Arguments.ours();
    a.with(ReduceProgram.X, x)
        .with(ReduceProgram.PITCH, pitch)
        .with(ReduceProgram.PLANES, planes)
        .with(ReduceProgram.WHOLE, 4L * (pixels - rest))
        .with(ReduceProgram.Y, y)
        .with(ReduceProgram.REST, 4L * rest)
        .with(ReduceProgram.MASK, a.address(64))
        .with(ReduceProgram.NONE, none)
        .with(ReduceProgram.SCALE, largest ? 1 : scale);
    for (int lane = 0; lane < lanes; lane++) {
      a.withBits(64 + 4 * lane, lane < rest ? -1 : 0);
      a.with(64 + vectorBytes + 4 * lane, lane < rest ? 0 : none);
    }
    a.call(largest ? greatest : sum);
  }

  /** Bytes of the vectors that hold so many floats. */
  private long whole(int floats) {
    return Math.ceilDiv(4L * floats, vectorBytes) * vectorBytes;
  }
}
