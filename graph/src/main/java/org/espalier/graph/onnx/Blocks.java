package org.espalier.graph.onnx;

import java.util.Arrays;

/**
 * A tensor seen as blocks: {@code height} elements that stand {@code inner} apart, so that an
 * element is at {@code (outer * height + row) * inner + column}. A block is stored whole or not at
 * all; single elements are blocks of height 1.
 *
 * @param size elements in all, a multiple of {@code height * inner}
 */
record Blocks(long size, int height, long inner) {
  private static final int[] HEIGHTS = {2, 4, 8};

  /** Single elements. */
  static Blocks single(long size) {
    return new Blocks(size, 1, 1);
  }

  /** The smallest way to store values at these positions. */
  static Blocks best(long[] dims, int width, long... positions) {
    Blocks best = single(Arrays.stream(dims).reduce(1, Math::multiplyExact));
    long least = best.bits(width, positions.length);
    if (dims.length < 2) {
      return best;
    }
    for (int height : HEIGHTS) {
      for (long inner : new long[] {1, best.size / dims[0]}) {
        if ((inner == 1 ? dims[dims.length - 1] : dims[0]) % height == 0) {
          var blocks = new Blocks(best.size, height, inner);
          long bits = blocks.bits(width, blocks.used(positions).count());
          if (bits < least) {
            best = blocks;
            least = bits;
          }
        }
      }
    }
    return best;
  }

  /** About how many bits so many blocks take: their values, and some six for each gap. */
  private long bits(int width, long blocks) {
    return blocks * (8L * width * height + 6);
  }

  long count() {
    return size / height;
  }

  /** The block that holds an element. */
  long block(long position) {
    long group = height * inner;
    return position / group * inner + position % inner;
  }

  /** Where in its block the element is. */
  int row(long position) {
    return (int) (position % (height * inner) / inner);
  }

  /** The position of an element of a block. */
  long position(long block, int row) {
    return (block / inner * height + row) * inner + block % inner;
  }

  /** The blocks that hold any of these elements. */
  Ranks used(long... positions) {
    var used = new Ranks(count());
    for (long position : positions) {
      used.add(block(position));
    }
    return used;
  }
}
