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

  private final int vectorBytes;

  private final Map<Shape, Routine> products = new ConcurrentHashMap<>();
  private final Routine[] packs = new Routine[2];
  private final Map<TileProgram.Shape, Routine> tiles = new ConcurrentHashMap<>();
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
    Arguments.ours()
        .with(BlockProgram.STREAM, stream)
        .with(BlockProgram.COUNTS, counts)
        .with(BlockProgram.STRIPS, strips)
        .with(BlockProgram.X, x)
        .with(BlockProgram.Y, y)
        .with(BlockProgram.Y_ROW, yRow)
        .with(BlockProgram.START, start)
        .with(BlockProgram.START_ROW, startRow)
        .with(BlockProgram.BIAS, bias)
        .with(BlockProgram.LOW, low)
        .with(BlockProgram.HIGH, high)
        .call(routine);
  }

  /** Rows of the largest dense tile, and vectors of one so high; lower ones may have four. */
  public int tileRows() {
    return TileProgram.ROWS;
  }

  public int tileVectors() {
    return registers() == 32 ? 4 : 2;
  }

  /**
   * Dense tiles; see {@link TileProgram}.
   *
   * @param groups of so many rows, one below the other
   * @param passes of so many vectors, side by side
   * @param start an address, or 0 where sums start from zero
   * @param scales whether what is at {@code start} isn't added, but multiplies the columns
   */
  public void tile(
      int groups,
      int rows,
      int passes,
      int vectors,
      int depth,
      long a,
      long aRow,
      long aStep,
      long b,
      long bRow,
      long start,
      long startRow,
      long startStep,
      boolean scales,
      long c,
      long cRow,
      float low,
      float high) {
    boolean clamp = low > Float.NEGATIVE_INFINITY || high < Float.POSITIVE_INFINITY;
    var shape = new TileProgram.Shape(rows, vectors, start != 0 && !scales, scales, clamp);
    Routine routine = tiles.get(shape);
    if (routine == null) {
      routine =
          tiles.computeIfAbsent(shape, s -> MachineCode.install(TileProgram.of(vectorBytes, s)));
    }
    Arguments.ours()
        .with(TileProgram.GROUPS, groups)
        .with(TileProgram.PASSES, passes)
        .with(TileProgram.A, a)
        .with(TileProgram.A_ROW, aRow)
        .with(TileProgram.A_STEP, aStep)
        .with(TileProgram.B, b)
        .with(TileProgram.B_ROW, bRow)
        .with(TileProgram.DEPTH, depth)
        .with(TileProgram.START, start)
        .with(TileProgram.START_ROW, startRow)
        .with(TileProgram.START_STEP, startStep)
        .with(TileProgram.C, c)
        .with(TileProgram.C_ROW, cRow)
        .with(TileProgram.LOW, low)
        .with(TileProgram.HIGH, high)
        .call(routine);
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
    Arguments.ours()
        .with(SoftmaxProgram.X, x)
        .with(SoftmaxProgram.PITCH, pitch)
        .with(SoftmaxProgram.ROWS, rows)
        .with(SoftmaxProgram.VECTORS, vectors)
        .with(SoftmaxProgram.MASK, mask)
        .with(SoftmaxProgram.MASK_PITCH, maskPitch)
        .with(SoftmaxProgram.INVERSE, inverse)
        .with(SoftmaxProgram.CONSTANTS, constants.address())
        .with(SoftmaxProgram.SCALE, scale)
        .call(routine);
  }

  /** GELU of {@code width} bytes of each row, in whole vectors; see {@link GeluProgram}. */
  public void gelu(int rows, long width, long x, long xRow, long y, long yRow) {
    Arguments.ours()
        .with(GeluProgram.X, x)
        .with(GeluProgram.X_ROW, xRow)
        .with(GeluProgram.Y, y)
        .with(GeluProgram.Y_ROW, yRow)
        .with(GeluProgram.ROWS, rows)
        .with(GeluProgram.WIDTH, width)
        .with(GeluProgram.CONSTANTS, geluConstants.address())
        .call(gelu);
  }

  /**
   * Copies masked rows; see {@link PackProgram}. All of rows, channels, copies and width are
   * positive.
   *
   * @param places three longs for each of {@code copies}: what it adds to {@code x}, to {@code y}
   *     and to {@code masks}
   */
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
      long places,
      int copies,
      long masks,
      long width) {
    Arguments.ours()
        .with(PackProgram.X, x)
        .with(PackProgram.X_ROW, xRow)
        .with(PackProgram.X_CHANNEL, xChannel)
        .with(PackProgram.Y, y)
        .with(PackProgram.Y_ROW, yRow)
        .with(PackProgram.Y_CHANNEL, yChannel)
        .with(PackProgram.ROWS, rows)
        .with(PackProgram.CHANNELS, channels)
        .with(PackProgram.PLACES, places)
        .with(PackProgram.END, places + (long) copies * PackProgram.PLACE)
        .with(PackProgram.MASKS, masks)
        .with(PackProgram.WIDTH, width)
        .with(PackProgram.EVEN, even.address())
        .call(packs[stride - 1]);
  }
}
