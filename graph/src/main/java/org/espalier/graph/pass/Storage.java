package org.espalier.graph.pass;

import java.util.Locale;

/** How a file holds weights with many zeros. All are standard ONNX, read back bit for bit. */
public enum Storage {
  /** Every element, which any reader knows and few are faster with less. */
  DENSE,
  /** As {@code sparse_initializer}, where that is smaller: a value and 8 bytes of position. */
  SPARSE,
  /**
   * As dense initializers and a few nodes that unpack them when the file is loaded, where that is
   * smaller: a value and under a byte of position. Operator sets before 11 lack these nodes; there
   * it is {@link #SPARSE}.
   */
  COMPRESSED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
