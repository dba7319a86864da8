package org.espalier.graph.onnx;

/** A set of numbers below a bound that tells how many of its members are below a given one. */
final class Ranks {
  private final long[] words;
  private int[] below;

  /**
   * @param bound at most 2^31
   */
  Ranks(long bound) {
    words = new long[Math.toIntExact((bound + 63) / 64)];
  }

  void add(long member) {
    words[(int) (member >> 6)] |= 1L << member;
    below = null;
  }

  boolean has(long member) {
    return (words[(int) (member >> 6)] >> member & 1) != 0;
  }

  int count() {
    int count = 0;
    for (long word : words) {
      count += Long.bitCount(word);
    }
    return count;
  }

  /** How many members are smaller than {@code member}. */
  int rank(long member) {
    if (below == null) {
      below = new int[words.length];
      for (int k = 1; k < words.length; k++) {
        below[k] = below[k - 1] + Long.bitCount(words[k - 1]);
      }
    }
    int word = (int) (member >> 6);
    return below[word] + Long.bitCount(words[word] & ((1L << member) - 1));
  }

  /** The members, in ascending order. */
  int[] members() {
    int[] members = new int[count()];
    int next = 0;
    for (int k = 0; k < words.length; k++) {
      for (long rest = words[k]; rest != 0; rest &= rest - 1) {
        members[next++] = (k << 6) + Long.numberOfTrailingZeros(rest);
      }
    }
    return members;
  }
}
