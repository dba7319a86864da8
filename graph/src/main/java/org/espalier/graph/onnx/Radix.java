package org.espalier.graph.onnx;

/**
 * How gaps between stored blocks are written: as digits of {@link #base}, so many to an int32 word,
 * the first in the lowest place. A gap that no digit holds is split at blocks of zeros, which are
 * stored like others.
 *
 * @param digits in a word
 */
record Radix(int digits) {
  /** With more, the base is 2 and a digit says no more than a bit of a mask. */
  private static final int MOST_DIGITS = 19;

  /** Gaps below this are counted together when radices are compared. */
  private static final int SHORT = 1024;

  /** The largest number whose power of {@link #digits} is an int32. */
  int base() {
    int base = (int) Math.round(Math.pow(Integer.MAX_VALUE, 1.0 / digits));
    while (power(base, digits) > Integer.MAX_VALUE) {
      base--;
    }
    return base;
  }

  /** What each digit of a word counts: 1, base, base squared and so on. */
  int[] powers() {
    int[] powers = new int[digits];
    for (int k = 0; k < digits; k++) {
      powers[k] = (int) power(base(), k);
    }
    return powers;
  }

  private static long power(long base, int exponent) {
    long power = 1;
    for (int k = 0; k < exponent && power <= Integer.MAX_VALUE; k++) {
      power *= base;
    }
    return power;
  }

  /** How many digits come in whole words. */
  long padded(long stored) {
    return Math.ceilDiv(stored, digits) * (long) digits;
  }

  /**
   * The radix that takes the fewest bytes.
   *
   * @param members the blocks to store, ascending
   * @param blocks how many there are
   * @param bytes of a block's values
   */
  static Radix best(int[] members, long blocks, int bytes) {
    long[] counts = new long[SHORT];
    for (int k = 0; k < members.length; k++) {
      int gap = gap(members, k);
      if (gap < SHORT) {
        counts[gap]++;
      }
    }
    Radix best = new Radix(1);
    long least = Long.MAX_VALUE;
    for (int digits = 1; digits <= MOST_DIGITS; digits++) {
      var radix = new Radix(digits);
      long stored = radix.padded(members.length + radix.splits(members, counts));
      long size = stored * bytes + stored / digits * Integer.BYTES;
      if (size < least && (stored <= blocks || digits == 1)) {
        best = radix;
        least = size;
      }
    }
    return best;
  }

  private long splits(int[] members, long... counts) {
    int longest = base() - 1;
    long splits = 0;
    for (int gap = 1; gap < SHORT; gap++) {
      splits += counts[gap] * ((gap - 1) / longest);
    }
    for (int k = 0; k < members.length; k++) {
      int gap = gap(members, k);
      splits += gap < SHORT ? 0 : (gap - 1) / longest;
    }
    return splits;
  }

  private static int gap(int[] members, int k) {
    return k == 0 ? members[0] : members[k] - members[k - 1];
  }
}
