package org.espalier.engine.kernel.x64;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.espalier.engine.kernel.x64.MachineCode.Routine;
import org.espalier.engine.kernel.x64.SoftmaxProgram.Masked;

/**
 * The programs as calls on memory addresses. Nothing is checked here: callers hold the memory that
 * the addresses point into, for the whole of a call.
 */
public final class X64 {
  /** The form of a product: each has a routine of its own, made when it is first asked for. */
  public record Shape(int height, int vectors, boolean bias, boolean start, boolean clamp) {}

  private static final int ARGUMENTS = 128;

  /** The most vectors of a dense tile. */
  private static final int TILE = 4;

  private static final ThreadLocal<MemorySegment> ARGUMENT =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(ARGUMENTS, 64));

  /** Offsets of a tile, which come from the heap. */
  private static final ThreadLocal<MemorySegment> OFFSETS =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(4096, 64));

  private final int vectorBytes;
  private final Map<Shape, Routine> products = new ConcurrentHashMap<>();
  private final Routine[] packs = new Routine[2];
  private final Routine[] tiles = new Routine[(TileProgram.ROWS + 1) * (TILE + 1)];
  private final Map<Masked, Routine> softmax = new ConcurrentHashMap<>();
  private final Routine gelu;
  private final MemorySegment constants;
  private final MemorySegment geluConstants;
  private final MemorySegment even;

  private X64(int vectorBytes) {
    this.vectorBytes = vectorBytes;
    constants = filled(SoftmaxProgram.constants());
    gelu = MachineCode.install(GeluProgram.of(vectorBytes));
    geluConstants = filled(GeluProgram.constants());
    packs[0] = MachineCode.install(PackProgram.of(vectorBytes, 1));
    packs[1] = MachineCode.install(PackProgram.of(vectorBytes, 2));
    int lanes = vectorBytes / 4;
    even = Arena.ofAuto().allocate(vectorBytes, 64);
    for (int k = 0; k < lanes; k++) {
      even.setAtIndex(ValueLayout.JAVA_INT, k, 2 * k);
    }
  }

  /** A vector full of each number. */
  private MemorySegment filled(float[] numbers) {
    int lanes = vectorBytes / 4;
    MemorySegment memory = Arena.ofAuto().allocate((long) numbers.length * vectorBytes, 64);
    for (int k = 0; k < numbers.length * lanes; k++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, k, numbers[k / lanes]);
    }
    return memory;
  }

  /**
   * The programs for this machine.
   *
   * @throws IllegalStateException saying why there are none
   */
  public static X64 open() {
    String architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String system = System.getProperty("os.name");
    if (!architecture.equals("amd64") && !architecture.equals("x86_64")) {
      throw new IllegalStateException("the processor is " + architecture);
    }
    // Windows passes arguments in other registers.
    if (!system.equals("Linux") && !system.startsWith("Mac")) {
      throw new IllegalStateException("the system is " + system);
    }
    try {
      int bytes = Math.min(Cpu.vectorBytes(), Integer.getInteger("espalier.vector.bytes", 64));
      if (bytes < 32) {
        throw new IllegalStateException("the processor has no AVX2 with FMA");
      }
      return new X64(bytes);
    } catch (IllegalCallerException denied) {
      throw new IllegalStateException("native access is denied", denied);
    }
  }

  /** Bytes in a vector. */
  public int vectorBytes() {
    return vectorBytes;
  }

  /** Vector registers that there are. */
  public int registers() {
    return vectorBytes == 64 ? 32 : 16;
  }

  /**
   * Strips times a tile; see {@link BlockProgram}.
   *
   * @param strips how many strips, at least 1
   * @param start where sums start from, with the bytes between rows; used where the shape says so
   */
  public void product(
      Shape shape,
      long stream,
      long counts,
      int strips,
      long x,
      long y,
      long yRow,
      long start,
      long startRow,
      long bias,
      float low,
      float high) {
    Routine routine = products.get(shape);
    if (routine == null) {
      routine =
          products.computeIfAbsent(
              shape, s -> MachineCode.install(BlockProgram.of(vectorBytes, s)));
    }
    MemorySegment a = ARGUMENT.get();
    a.set(ValueLayout.JAVA_LONG, BlockProgram.STREAM, stream);
    a.set(ValueLayout.JAVA_LONG, BlockProgram.COUNTS, counts);
    a.set(ValueLayout.JAVA_LONG, BlockProgram.STRIPS, strips);
    a.set(ValueLayout.JAVA_LONG, BlockProgram.X, x);
    a.set(ValueLayout.JAVA_LONG, BlockProgram.Y, y);
    a.set(ValueLayout.JAVA_LONG, BlockProgram.Y_ROW, yRow);
    a.set(ValueLayout.JAVA_LONG, BlockProgram.START, start);
    a.set(ValueLayout.JAVA_LONG, BlockProgram.START_ROW, startRow);
    a.set(ValueLayout.JAVA_LONG, BlockProgram.BIAS, bias);
    a.set(ValueLayout.JAVA_FLOAT, BlockProgram.LOW, low);
    a.set(ValueLayout.JAVA_FLOAT, BlockProgram.HIGH, high);
    routine.run(a.address());
  }

  /** Rows of the largest dense tile, and vectors of one so high; lower ones may have four. */
  public int tileRows() {
    return TileProgram.ROWS;
  }

  public int tileVectors() {
    return registers() == 32 ? 4 : 2;
  }

  /**
   * A dense tile; see {@link TileProgram}.
   *
   * @param groups of so many rows, one below the other
   * @param offsets as many ints as {@code depth}: bytes from {@code b} to each of its rows
   */
  public void tile(
      int groups,
      int rows,
      int vectors,
      long a,
      long aRow,
      long aStep,
      long b,
      int[] offsets,
      long start,
      long startRow,
      long startStep,
      long c,
      long cRow,
      float low,
      float high) {
    int index = rows * (TILE + 1) + vectors;
    Routine routine = tiles[index];
    if (routine == null) {
      routine = MachineCode.install(TileProgram.of(vectorBytes, rows, vectors));
      tiles[index] = routine;
    }
    MemorySegment list = OFFSETS.get();
    if (list.byteSize() < 4L * offsets.length) {
      list = Arena.ofAuto().allocate(8L * offsets.length, 64);
      OFFSETS.set(list);
    }
    MemorySegment.copy(offsets, 0, list, ValueLayout.JAVA_INT, 0, offsets.length);
    MemorySegment m = ARGUMENT.get();
    m.set(ValueLayout.JAVA_LONG, TileProgram.GROUPS, groups);
    m.set(ValueLayout.JAVA_LONG, TileProgram.A, a);
    m.set(ValueLayout.JAVA_LONG, TileProgram.A_ROW, aRow);
    m.set(ValueLayout.JAVA_LONG, TileProgram.A_STEP, aStep);
    m.set(ValueLayout.JAVA_LONG, TileProgram.B, b);
    m.set(ValueLayout.JAVA_LONG, TileProgram.OFFSETS, list.address());
    m.set(ValueLayout.JAVA_LONG, TileProgram.DEPTH, offsets.length);
    m.set(ValueLayout.JAVA_LONG, TileProgram.START, start);
    m.set(ValueLayout.JAVA_LONG, TileProgram.START_ROW, startRow);
    m.set(ValueLayout.JAVA_LONG, TileProgram.START_STEP, startStep);
    m.set(ValueLayout.JAVA_LONG, TileProgram.C, c);
    m.set(ValueLayout.JAVA_LONG, TileProgram.C_ROW, cRow);
    m.set(ValueLayout.JAVA_FLOAT, TileProgram.LOW, low);
    m.set(ValueLayout.JAVA_FLOAT, TileProgram.HIGH, high);
    routine.run(m.address());
  }

  /**
   * Softmax down columns; see {@link SoftmaxProgram}.
   *
   * @param mask an address, or 0 where nothing is added
   * @param each whether every column has a number of its own, or else one for a row
   */
  public void softmax(
      int rows,
      int vectors,
      long x,
      long pitch,
      float scale,
      long mask,
      long maskPitch,
      boolean each,
      long inverse) {
    Masked masked = mask == 0 ? Masked.NO : each ? Masked.EACH : Masked.ONE_FOR_A_ROW;
    Routine routine =
        softmax.computeIfAbsent(
            masked, kind -> MachineCode.install(SoftmaxProgram.of(vectorBytes, kind)));
    MemorySegment m = ARGUMENT.get();
    m.set(ValueLayout.JAVA_LONG, SoftmaxProgram.X, x);
    m.set(ValueLayout.JAVA_LONG, SoftmaxProgram.PITCH, pitch);
    m.set(ValueLayout.JAVA_LONG, SoftmaxProgram.ROWS, rows);
    m.set(ValueLayout.JAVA_LONG, SoftmaxProgram.VECTORS, vectors);
    m.set(ValueLayout.JAVA_LONG, SoftmaxProgram.MASK, mask);
    m.set(ValueLayout.JAVA_LONG, SoftmaxProgram.MASK_PITCH, maskPitch);
    m.set(ValueLayout.JAVA_LONG, SoftmaxProgram.INVERSE, inverse);
    m.set(ValueLayout.JAVA_LONG, SoftmaxProgram.CONSTANTS, constants.address());
    m.set(ValueLayout.JAVA_FLOAT, SoftmaxProgram.SCALE, scale);
    routine.run(m.address());
  }

  /** GELU of {@code width} bytes of each row, in whole vectors; see {@link GeluProgram}. */
  public void gelu(int rows, long width, long x, long xRow, long y, long yRow) {
    MemorySegment m = ARGUMENT.get();
    m.set(ValueLayout.JAVA_LONG, GeluProgram.X, x);
    m.set(ValueLayout.JAVA_LONG, GeluProgram.X_ROW, xRow);
    m.set(ValueLayout.JAVA_LONG, GeluProgram.Y, y);
    m.set(ValueLayout.JAVA_LONG, GeluProgram.Y_ROW, yRow);
    m.set(ValueLayout.JAVA_LONG, GeluProgram.ROWS, rows);
    m.set(ValueLayout.JAVA_LONG, GeluProgram.WIDTH, width);
    m.set(ValueLayout.JAVA_LONG, GeluProgram.CONSTANTS, geluConstants.address());
    gelu.run(m.address());
  }

  /** Copies masked rows; see {@link PackProgram}. All of rows, channels and width are positive. */
  public void pack(
      int stride,
      long x,
      long xRow,
      long xChannel,
      long y,
      long yRow,
      long yChannel,
      int rows,
      int channels,
      long mask,
      long width) {
    MemorySegment a = ARGUMENT.get();
    a.set(ValueLayout.JAVA_LONG, PackProgram.X, x);
    a.set(ValueLayout.JAVA_LONG, PackProgram.X_ROW, xRow);
    a.set(ValueLayout.JAVA_LONG, PackProgram.X_CHANNEL, xChannel);
    a.set(ValueLayout.JAVA_LONG, PackProgram.Y, y);
    a.set(ValueLayout.JAVA_LONG, PackProgram.Y_ROW, yRow);
    a.set(ValueLayout.JAVA_LONG, PackProgram.Y_CHANNEL, yChannel);
    a.set(ValueLayout.JAVA_LONG, PackProgram.ROWS, rows);
    a.set(ValueLayout.JAVA_LONG, PackProgram.CHANNELS, channels);
    a.set(ValueLayout.JAVA_LONG, PackProgram.MASK, mask);
    a.set(ValueLayout.JAVA_LONG, PackProgram.WIDTH, width);
    a.set(ValueLayout.JAVA_LONG, PackProgram.EVEN, even.address());
    packs[stride - 1].run(a.address());
  }
}
