package org.espalier.study.arena;

import org.espalier.prune.Count;

/**
 * How many prunings run side by side, and on how many threads each.
 *
 * @param cells at a time
 * @param threads of each
 */
record Room(int cells, int threads) {
  /** What a pruning takes whatever the network. */
  private static final long LEAST = 256L << 20;

  /** Its copies, scores in float64, their order, a mask, and what is gathered anew in between. */
  private static final long EACH_PARAMETER = 100;

  /**
   * As many as asked for, or as many as there are cores and memory for.
   *
   * @param asked 0 where the user doesn't say
   * @param memory in bytes that prunings may take together
   */
  static Room of(int asked, Count dense, int cores, long memory) {
    long fitting = memory / (LEAST + EACH_PARAMETER * dense.parameters());
    int cells = asked > 0 ? asked : Math.clamp(fitting, 1, cores);
    return new Room(cells, Math.max(1, cores / cells));
  }

  static Room of(int asked, Count dense) {
    Runtime machine = Runtime.getRuntime();
    return of(asked, dense, machine.availableProcessors(), machine.maxMemory());
  }
}
