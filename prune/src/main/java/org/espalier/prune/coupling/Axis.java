package org.espalier.prune.coupling;

/**
 * An axis of a value, counted from 0. Its indices are what channels are made of.
 *
 * <p>An axis of symbolic size, such as {@code 12*N} where heads and batch were merged, has as many
 * indices as repeat: 12 here, the symbol outermost.
 */
public record Axis(String value, int axis) {
  @Override
  public String toString() {
    return value + "[" + axis + "]";
  }
}
