package org.espalier.train.data;

/**
 * Seeds made from a seed and counters, so that no random state has to be kept: the chances of step
 * 7 of epoch 3 follow from (seed, 3, 7) alone. The mixing is SplitMix64's finaliser (Steele, Lea
 * and Flood, 2014).
 */
public final class Seeds {
  private Seeds() {}

  /** A seed that depends on all of these, in order. */
  public static long mix(long seed, long... counters) {
    long mixed = finish(seed);
    for (long counter : counters) {
      mixed = finish(mixed + 0x9e3779b97f4a7c15L + counter);
    }
    return mixed;
  }

  private static long finish(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
