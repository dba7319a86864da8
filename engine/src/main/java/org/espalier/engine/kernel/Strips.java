package org.espalier.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A weight matrix as strips of {@code height} rows that share their columns, cut into blocks of
 * columns whose input fits in the first cache.
 *
 * <p>A column that is zero in all rows of a strip is left out; any other holds {@code height}
 * weights. Height 1 is CSR; 4 suits weights pruned in 4x1 blocks; a dense matrix has every column.
 * Each column stands for anything at a fixed distance from the current pixel: a channel, or a
 * (channel, row, column) tap. The form of the stream follows the sparse kernels of Elsen et al.
 * (Fast Sparse ConvNets, 2020): what belongs together is read in one piece, forward only.
 */
public final class Strips {
  private static final long ALIGNMENT = 64;

  final int height;
  final int strips;
  final int blocks;

  /** For each block and strip, in this order: for each column an offset and the weights. */
  final MemorySegment stream;

  /** How many columns each (block, strip) has, as ints. */
  final MemorySegment counts;

  /** Where each block starts in the stream, in bytes; one more for the end. */
  final long[] starts;

  final MemorySegment bias;
  private final int firstRow;
  private final long nonzeros;

  private Strips(
      int firstRow,
      int height,
      int strips,
      int blocks,
      MemorySegment stream,
      MemorySegment counts,
      long[] starts,
      MemorySegment bias,
      long nonzeros) {
    this.firstRow = firstRow;
    this.height = height;
    this.strips = strips;
    this.blocks = blocks;
    this.stream = stream;
    this.counts = counts;
    this.starts = starts;
    this.bias = bias;
    this.nonzeros = nonzeros;
  }

  /**
   * Packs some rows of {@code weights}.
   *
   * @param weights as many columns as {@code offsets}
   * @param firstRow of the rows to pack
   * @param rows how many, a multiple of {@code height}
   * @param offsets bytes from the current pixel to the input of each column
   * @param cuts the first column of each block, and the number of columns
   * @param dense whether to keep columns of zeros, too
   */
  public static Strips of(
      WeightMatrix weights,
      int firstRow,
      int rows,
      int height,
      int[] offsets,
      int[] cuts,
      float[] bias,
      boolean dense) {
    assert rows % height == 0 : rows + " rows in strips of " + height;
    assert weights.columns() == offsets.length : weights + ", " + offsets.length + " offsets";
    int strips = rows / height;
    int blocks = cuts.length - 1;
    var packer = new Packer(firstRow, height, strips, offsets, cuts, dense);
    weights.read(firstRow, firstRow + rows, height, packer::count);
    MemorySegment counts = allocate(4L * blocks * strips);
    MemorySegment.copy(packer.counts, 0, counts, ValueLayout.JAVA_INT, 0, blocks * strips);
    long[] starts = packer.starts();
    MemorySegment stream = allocate(starts[blocks]);
    weights.read(
        firstRow, firstRow + rows, height, (row, n, values) -> packer.fill(stream, row, n, values));
    MemorySegment own = allocate(4L * rows);
    MemorySegment.copy(bias, firstRow, own, ValueLayout.JAVA_FLOAT, 0, rows);
    return new Strips(
        firstRow, height, strips, blocks, stream, counts, starts, own, packer.nonzeros);
  }

  private static MemorySegment allocate(long bytes) {
    return Arena.ofAuto().allocate(Math.max(bytes, ALIGNMENT), ALIGNMENT);
  }

  /** Columns of a strip in a block. */
  int count(int block, int strip) {
    return counts.getAtIndex(ValueLayout.JAVA_INT, (long) block * strips + strip);
  }

  /** The matrix's row that is first here. */
  public int firstRow() {
    return firstRow;
  }

  public int rows() {
    return strips * height;
  }

  public int height() {
    return height;
  }

  public int strips() {
    return strips;
  }

  public int blocks() {
    return blocks;
  }

  /** Columns kept, of all strips: multiply-adds of a vector are {@code height} times as many. */
  public long columns() {
    return starts[starts.length - 1] / (4L + 4L * height);
  }

  /** Weights that are not zero. */
  public long nonzeros() {
    return nonzeros;
  }

  /** Bytes of packed weights. */
  public long bytes() {
    return stream.byteSize() + counts.byteSize() + bias.byteSize();
  }
}
