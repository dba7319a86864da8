package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Rows of floats, of which each lies together: number {@code i} of row {@code r} lies at {@code at
 * + r * row + 4 * i}.
 *
 * @param at bytes from the start of {@code memory}
 * @param row bytes from a row to the next
 */
public record Panel(MemorySegment memory, long at, long row) {
  /** One row alone. */
  public Panel(MemorySegment memory, long at) {
    this(memory, at, 0);
  }

  /** Where row {@code r} starts. */
  long at(int r) {
    return at + r * row;
  }

  /** The address of the first number. */
  long address() {
    return memory.address() + at;
  }
}
