package org.espalier.prune;

import java.util.SplittableRandom;

/** Random numbers for what has a name, such as a weight, in whatever order names come up. */
public final class RandomStreams {
  private RandomStreams() {}

  /** The stream of a name, which follows from the seed and the name alone. */
  public static SplittableRandom of(long seed, String name) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
  }
}
