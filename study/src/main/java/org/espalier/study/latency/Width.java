package org.espalier.study.latency;

/**
 * How wide a layer is.
 *
 * @param in channels or features that it reads
 * @param out those that it makes
 * @param groups of a convolution; 1 for all else
 */
public record Width(int in, int out, int groups) {
  public Width {
    assert in > 0 && out > 0 && groups > 0 : in + ", " + out + ", " + groups;
  }

  /** Whether every channel is a group by itself. */
  boolean isDepthwise() {
    return groups > 1 && groups == in;
  }

  /** Whether another reads and makes at least as many channels. */
  boolean isWithin(Width other) {
    return in <= other.in && out <= other.out;
  }

  /** Such as {@code 64 to 128}. */
  @Override
  public String toString() {
    return in + " to " + out;
  }
}
