package org.espalier.prune;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * Which weights of one tensor are kept: a bit for each element of the flattened tensor, set where
 * the weight stays. Immutable.
 */
public final class Mask {
  private final int size;
  private final BitSet kept;

  private Mask(int size, BitSet kept) {
    this.size = size;
    this.kept = kept;
  }

  /** A mask that keeps all of {@code size} weights. */
  public static Mask all(long size) {
    int length = checkedSize(size);
    BitSet kept = new BitSet(length);
    kept.set(0, length);
    return new Mask(length, kept);
  }

  /** A mask that keeps the weights whose bits are set. */
  public static Mask keeping(long size, BitSet kept) {
    if (kept.length() > size) {
      throw new InvalidInputException(
          "a mask of %d weights keeps weight %d".formatted(size, kept.length() - 1));
    }
    return new Mask(checkedSize(size), (BitSet) kept.clone());
  }

  /** A mask that keeps what is true. */
  public static Mask of(boolean[] kept) {
    BitSet bits = new BitSet(kept.length);
    for (int k = 0; k < kept.length; k++) {
      bits.set(k, kept[k]);
    }
    return new Mask(kept.length, bits);
  }

  /** Whether each weight is kept. */
  public boolean[] toArray() {
    boolean[] keeps = new boolean[size];
    kept.stream().forEach(k -> keeps[k] = true);
    return keeps;
  }

  /** A mask that keeps what is not zero; a NaN is kept. */
  public static Mask ofNonzeros(Tensor weights) {
    int size = checkedSize(weights.size());
    if (weights.nonzeros() == size) {
      return all(size);
    }
    return new Mask(size, where(size, k -> weights.realAt(k) != 0));
  }

  /** The bits for which something holds, 64 at a time. */
  static BitSet where(int size, IntPredicate holds) {
    long[] words = new long[Math.ceilDiv(size, Long.SIZE)];
    IntStream.range(0, words.length)
        .parallel()
        .forEach(
            word -> {
              int first = word * Long.SIZE;
              long bits = 0;
              for (int k = Math.min(size, first + Long.SIZE) - 1; k >= first; k--) {
                bits = bits << 1 | (holds.test(k) ? 1 : 0);
              }
              words[word] = bits;
            });
    return BitSet.valueOf(words);
  }

  private static int checkedSize(long size) {
    if (size < 0 || size > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          "a mask of %d weights, expected 0 to %d".formatted(size, Integer.MAX_VALUE));
    }
    return (int) size;
  }

  /** How many weights the mask speaks of. */
  public int size() {
    return size;
  }

  public boolean keeps(int index) {
    assert index >= 0 && index < size : index + " of " + size;
    return kept.get(index);
  }

  /** How many weights are kept. */
  public int kept() {
    return kept.cardinality();
  }

  /** How many weights are pruned. */
  public int pruned() {
    return size - kept();
  }

  /** What both masks keep. */
  public Mask and(Mask other) {
    if (other.size != size) {
      throw new InvalidInputException(
          "masks of %d and %d weights can't be joined".formatted(size, other.size));
    }
    BitSet both = (BitSet) kept.clone();
    both.and(other.kept);
    return new Mask(size, both);
  }

  /** Whether every weight that this mask keeps is kept by {@code other} too. */
  public boolean within(Mask other) {
    BitSet outside = (BitSet) kept.clone();
    outside.andNot(other.kept);
    return size == other.size && outside.isEmpty();
  }

  /** A copy of {@code weights}, of any type of whole bytes, with the pruned ones exactly zero. */
  public Tensor apply(Tensor weights) {
    if (weights.size() != size) {
      throw new InvalidInputException(
          "a mask of %d weights for a tensor of %d".formatted(size, weights.size()));
    }
    int width = weights.type().bits() / 8;
    if (width == 0) {
      throw new InvalidInputException("a mask for packed type " + weights.type());
    }
    Tensor masked = weights.copy();
    MemorySegment data = masked.data();
    for (int k = kept.nextClearBit(0); k < size; k = kept.nextClearBit(k + 1)) {
      if (weights.type() == DataType.FLOAT) {
        data.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, k, 0f);
      } else {
        data.asSlice((long) k * width, width).fill((byte) 0);
      }
    }
    return masked;
  }

  /** The mask as floats, 1 for kept and 0 for pruned, in the given dimensions. */
  public Tensor toTensor(long... dims) {
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    if (tensor.size() != size) {
      throw new InvalidInputException(
          "a mask of %d weights as a tensor of %d".formatted(size, tensor.size()));
    }
    for (int k = kept.nextSetBit(0); k >= 0; k = kept.nextSetBit(k + 1)) {
      tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, k, 1f);
    }
    return tensor;
  }

  /** The bits, set where a weight is kept. */
  public BitSet bits() {
    return (BitSet) kept.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mask that && size == that.size && kept.equals(that.kept);
  }

  @Override
  public int hashCode() {
    return 31 * size + kept.hashCode();
  }

  @Override
  public String toString() {
    return "Mask[" + kept() + " of " + size + " kept]";
  }
}
