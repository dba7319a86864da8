package org.espalier.prune.coupling;

import java.util.ArrayDeque;

/**
 * What is tied already and lies in the same blocks, equally often: any of them will do where one of
 * them is needed for a channel. Each is known by its root in {@link Ties}.
 */
final class Kind {
  /** Of the axes that its entries lie on: {@link Classes#signatures}. */
  final long signature;

  final int[] blocks;

  /** How many entries one of them has in each of these blocks. */
  final int[] times;

  /** Those that are in no channel yet. */
  final ArrayDeque<Integer> roots = new ArrayDeque<>();

  /** How many of them {@link BundleSearch} has in the channel that it is making. */
  int used;

  Kind(long signature, int[] blocks, int[] times) {
    this.signature = signature;
    this.blocks = blocks;
    this.times = times;
  }

  /** Whether there are more than are used. */
  boolean isLeft() {
    return used < roots.size();
  }
}
