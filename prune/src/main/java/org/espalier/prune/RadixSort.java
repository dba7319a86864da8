package org.espalier.prune;

import java.util.Arrays;

/** Sorts rows of some thousand keys by their upper halves, keeping the order of equals. */
final class RadixSort {
  private static final int BITS = 11;
  private static final int DIGITS = 3;
  private static final int SIZE = 1 << BITS;

  private final int[][] counts = new int[DIGITS][SIZE];
  private final long[] spare;

  /** For rows of so many keys. */
  RadixSort(int length) {
    spare = new long[length];
  }

  /** Sorts by the keys' upper 32 bits, as signed numbers; the lower ones come along. */
  void sort(long[] keys) {
    assert keys.length == spare.length : keys.length + " keys for " + spare.length;
    for (int[] count : counts) {
      Arrays.fill(count, 0);
    }
    for (long key : keys) {
      for (int digit = 0; digit < DIGITS; digit++) {
        counts[digit][digit(key, digit)]++;
      }
    }
    long[] from = keys;
    long[] to = spare;
    for (int digit = 0; digit < DIGITS; digit++) {
      int[] starts = counts[digit];
      int sum = 0;
      for (int k = 0; k < SIZE; k++) {
        int count = starts[k];
        starts[k] = sum;
        sum += count;
      }
      for (long key : from) {
        to[starts[digit(key, digit)]++] = key;
      }
      long[] held = from;
      from = to;
      to = held;
    }
    System.arraycopy(from, 0, keys, 0, keys.length);
  }

  private static int digit(long key, int digit) {
    long unsigned = (key ^ Long.MIN_VALUE) >>> 32;
    return (int) (unsigned >>> (digit * BITS)) & (SIZE - 1);
  }
}
