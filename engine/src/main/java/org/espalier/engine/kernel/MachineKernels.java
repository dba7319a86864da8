package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.espalier.engine.kernel.x64.DepthwiseCode;
import org.espalier.engine.kernel.x64.X64;
import org.espalier.engine.kernel.x64.X64.Shape;

/**
 * Products in machine code written for this processor, all else on the Vector API. Nothing has to
 * be warmed up, and tiles are as large as the register file allows.
 */
final class MachineKernels extends VectorKernels {
  /** The longest sum of a dense tile that is made in one go. */
  private static final int DEPTH = 256;

  private final X64 code;
  private final int[] heights;
  private final Passes passes;
  private final Depthwise depthwise;

  MachineKernels(X64 code) {
    this.code = code;
    passes = new MachinePasses(code);
    depthwise = new MachineDepthwise(new DepthwiseCode(code.vectorBytes()));
    // Taller dense strips need the 32 registers of AVX-512.
    heights = code.registers() == 32 ? new int[] {1, 2, 4, 6, 8} : new int[] {1, 2, 4, 6};
  }

  @Override
  public String name() {
    return "machine code, %d bits".formatted(8 * code.vectorBytes());
  }

  @Override
  public Passes passes() {
    return passes;
  }

  @Override
  public boolean isMachineCode() {
    return true;
  }

  @Override
  public int lanes() {
    return code.vectorBytes() / 4;
  }

  @Override
  public int[] heights() {
    return heights.clone();
  }

  /** A strip's sums, a load for each vector and a weight must fit in the registers. */
  @Override
  public int tile(int height) {
    return height == 1 ? 8 : Math.min(8, (code.registers() - 1) / (height + 1));
  }

  @Override
  public void product(
      Strips w,
      int block,
      MemorySegment x,
      long xAt,
      Panel y,
      Panel start,
      int vectors,
      Bounds bounds) {
    assert vectors >= 1 && vectors <= tile(w.height) : vectors + " vectors, height " + w.height;
    assert Arrays.binarySearch(heights, w.height) >= 0 : "strips of " + w.height;
    // The stream and biases are reachable as long as w is, which the caller holds.
    boolean first = block == 0;
    boolean clamp = block == w.blocks - 1 && !bounds.isNone();
    long out = y.address();
    boolean given = first && start != null;
    code.product(
        new Shape(w.height, vectors, first, !first || start != null, clamp),
        w.stream.address() + w.starts[block],
        w.counts.address() + 4L * block * w.strips,
        w.strips,
        x.address() + xAt,
        out,
        y.row(),
        given ? start.address() : out,
        given ? start.row() : y.row(),
        w.bias.address(),
        bounds.low(),
        bounds.high());
  }

  @Override
  public void denseTile(
      int rows, int depth, Operand a, Panel b, Start start, Panel c, Bounds bounds) {
    product(new DenseProduct(rows, depth, a, b, start, false, c, bounds));
  }

  @Override
  public void scaledTile(
      int rows, int depth, Operand a, Panel b, MemorySegment scale, long scaleAt, Panel c) {
    var factors = new Start(scale, scaleAt, 0, code.vectorBytes());
    rows(new DenseProduct(rows, depth, a, b, factors, true, c, Bounds.NONE));
  }

  /** A long sum is made of shorter ones, whose rounding is less. */
  private void product(DenseProduct whole) {
    int parts = Math.max(1, Math.ceilDiv(whole.depth(), DEPTH));
    Panel c = whole.c();
    var sums = new Start(c.memory(), c.at(), c.row(), code.vectorBytes());
    for (int part = 0; part < parts; part++) {
      int first = (int) ((long) whole.depth() * part / parts);
      int end = (int) ((long) whole.depth() * (part + 1) / parts);
      rows(
          whole.columns(
              first,
              end,
              part == 0 ? whole.start() : sums,
              part == parts - 1 ? whole.bounds() : Bounds.NONE));
    }
  }

  private void rows(DenseProduct product) {
    int height = code.tileRows();
    int rest = product.rows() % height;
    int whole = product.rows() - rest;
    product.run(code, whole / height, height, code.tileVectors());
    // One or two rows leave registers for a whole tile, which then is read once and in one piece.
    product.below(whole).run(code, rest == 0 ? 0 : 1, rest, rest <= 2 ? TILE : code.tileVectors());
  }

  @Override
  public void pack(
      int stride, Channels x, Channels y, int rows, int channels, Copies copies, int width) {
    if (stride > 2) {
      super.pack(stride, x, y, rows, channels, copies, width);
      return;
    }
    code.pack(
        stride,
        x.memory().address() + x.at(),
        x.row(),
        x.channel(),
        y.memory().address() + y.at(),
        y.row(),
        y.channel(),
        rows,
        channels,
        copies.address(),
        copies.count(),
        copies.masks().address() + copies.masksAt(),
        4L * width);
  }

  @Override
  public void curve(Curve curve, MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    if (curve == Curve.GELU) {
      curve(curve, 1, new Panel(x, xAt, 0), new Panel(y, yAt, 0), count);
    } else {
      super.curve(curve, x, xAt, y, yAt, count);
    }
  }

  @Override
  public void curve(Curve curve, int rows, Panel x, Panel y, long count) {
    if (curve == Curve.GELU && rows > 0 && count > 0) {
      long width = Math.ceilDiv(count, lanes()) * code.vectorBytes();
      code.gelu(rows, width, x.address(), x.row(), y.address(), y.row());
    } else {
      super.curve(curve, rows, x, y, count);
    }
  }

  @Override
  public Depthwise depthwise() {
    return depthwise;
  }
}
