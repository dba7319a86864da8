package org.espalier.graph.onnx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;

/**
 * A sparse tensor as the values of its stored blocks and the gaps between them.
 *
 * <p>Block k starts a gap after block k - 1, the first after zero. Pruned weights have short gaps:
 * about six bits each at a tenth of the weights, where the pattern itself holds 4.7.
 *
 * @param words the gaps, int32 [words, 1], see {@link Radix}
 * @param values [stored blocks] or, of blocks higher than 1, [stored blocks, height]; some are zero
 */
record PackedTensor(Tensor words, Tensor values, Radix radix, Blocks blocks, long[] dims) {
  /** {@code CumSum} adds in int32. */
  private static final long LARGEST = Integer.MAX_VALUE;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Whether a tensor of this shape can be packed. */
  static boolean fits(Shape shape) {
    long size = Tensor.elements(shape.sizes().orElseThrow());
    return shape.rank() > 0 && size > 0 && size <= LARGEST;
  }

  /** The smallest form that was found. */
  static PackedTensor of(SparseTensor tensor) {
    long[] dims = tensor.shape().sizes().orElseThrow();
    int width = tensor.values().type().bits() / 8;
    long[] positions = tensor.positions();
    Blocks blocks = Blocks.best(dims, width, positions);
    Ranks stored = blocks.used(positions);
    if (stored.count() == 0) {
      stored.add(0); // a file with nothing to scatter would be an odd case for every reader
    }
    int[] members = stored.members();
    Radix radix = Radix.best(members, blocks.count(), width * blocks.height());
    split(stored, members, radix);
    fill(stored, radix, blocks.count());
    return new PackedTensor(
        words(stored.members(), radix),
        values(tensor, positions, blocks, stored),
        radix,
        blocks,
        dims);
  }

  /** Adds blocks of zeros, so that every gap is a digit. */
  private static void split(Ranks stored, int[] members, Radix radix) {
    int longest = radix.base() - 1;
    int at = 0;
    for (int member : members) {
      for (int splits = (member - at - 1) / longest; member > at && splits > 0; splits--) {
        at += longest;
        stored.add(at);
      }
      at = member;
    }
  }

  /** Adds blocks of zeros, so that the last word is full. */
  private static void fill(Ranks stored, Radix radix, long blocks) {
    int count = stored.count();
    long missing = radix.padded(count) - count;
    for (long block = 0; block < blocks && missing > 0; block++) {
      if (!stored.has(block)) {
        stored.add(block);
        missing--;
      }
    }
    assert missing == 0 : "no room for " + missing + " more of " + blocks + " blocks";
  }

  private static Tensor words(int[] members, Radix radix) {
    int[] powers = radix.powers();
    Tensor words = Tensor.allocate(DataType.INT32, members.length / powers.length, 1);
    int last = 0;
    for (int k = 0; k < members.length; k += powers.length) {
      int word = 0;
      for (int digit = 0; digit < powers.length; digit++) {
        word += (members[k + digit] - last) * powers[digit];
        last = members[k + digit];
      }
      words.data().setAtIndex(INT, k / powers.length, word);
    }
    return words;
  }

  private static Tensor values(SparseTensor tensor, long[] positions, Blocks blocks, Ranks stored) {
    int height = blocks.height();
    long count = stored.count();
    DataType type = tensor.values().type();
    Tensor values =
        height == 1 ? Tensor.allocate(type, count) : Tensor.allocate(type, count, height);
    int width = type.bits() / 8;
    for (int k = 0; k < positions.length; k++) {
      long at = (long) stored.rank(blocks.block(positions[k])) * height + blocks.row(positions[k]);
      MemorySegment.copy(
          tensor.values().data(), (long) k * width, values.data(), at * width, width);
    }
    return values.withDetails(tensor.values().details());
  }

  /**
   * The tensor again.
   *
   * @throws InvalidInputException where gaps and values don't fit each other or the shape
   */
  SparseTensor unpacked() {
    int[] members = members();
    int height = blocks.height();
    int width = values.type().bits() / 8;
    var all =
        new SparseTensor(
            values.reshape(values.size()),
            Tensor.allocate(DataType.INT64, values.size()),
            Shape.of(blocks.size()));
    long count = 0;
    for (long k = 0; k < values.size(); k++) {
      count += all.isZero(k) ? 0 : 1;
    }
    Tensor nonzeros = Tensor.allocate(values.type(), count);
    Tensor indices = Tensor.allocate(DataType.INT64, count);
    long next = 0;
    int end;
    for (int start = 0; start < members.length; start = end) {
      // Blocks that stand side by side have their first elements first, then all the second.
      end = sideBySide(members, start);
      for (int row = 0; row < height; row++) {
        for (int k = start; k < end; k++) {
          long from = (long) k * height + row;
          if (!all.isZero(from)) {
            MemorySegment.copy(values.data(), from * width, nonzeros.data(), next * width, width);
            indices.data().setAtIndex(LONG, next++, blocks.position(members[k], row));
          }
        }
      }
    }
    return new SparseTensor(
        nonzeros.withDetails(values.details()), indices, Shape.of(dims), SparseTensor.Form.PACKED);
  }

  /** Where the blocks end that share their rows with block {@code start}. */
  private int sideBySide(int[] members, int start) {
    long group = members[start] / blocks.inner();
    int end = start + 1;
    while (end < members.length && members[end] / blocks.inner() == group) {
      end++;
    }
    return end;
  }

  private int[] members() {
    long stored = words.size() * radix.digits();
    if (values.dim(0) != stored) {
      throw new InvalidInputException(
          "%d gaps for %d stored blocks".formatted(stored, values.dim(0)));
    }
    if (blocks.size() != Tensor.elements(dims) || !fits(Shape.of(dims))) {
      throw new InvalidInputException(
          "unpacks %d elements for shape %s".formatted(blocks.size(), Shape.of(dims)));
    }
    int[] members = new int[Math.toIntExact(stored)];
    int base = radix.base();
    long at = 0;
    for (int k = 0; k < members.length; k += radix.digits()) {
      int rest = words.data().getAtIndex(INT, k / radix.digits());
      for (int digit = 0; digit < radix.digits(); digit++) {
        int gap = rest % base;
        rest /= base;
        at += gap;
        if (gap < 0 || at >= blocks.count() || (gap == 0 && k + digit > 0)) {
          throw new InvalidInputException(
              "gap %d is %d and ends at block %d, expected a later one of %d"
                  .formatted(k + digit, gap, at, blocks.count()));
        }
        members[k + digit] = (int) at;
      }
      if (rest != 0) {
        throw new InvalidInputException("gap word %d is too large".formatted(k / radix.digits()));
      }
    }
    return members;
  }
}
