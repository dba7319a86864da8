package org.espalier.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Masked copies that are all made of the same rows: where each begins and what it keeps.
 *
 * <p>Three longs for each copy: bytes from the first row that others are relative to, bytes from
 * where the first copy goes, and bytes from the first mask. A mask is a vector of all-one or
 * all-zero bits for each vector of a row.
 *
 * @param first of the copies in {@code places}
 * @param masksAt where the first mask lies in {@code masks}
 */
public record Copies(
    MemorySegment places, int first, int count, MemorySegment masks, long masksAt) {
  /** Longs of a copy. */
  private static final int EACH = 3;

  /** Bytes of a copy's place. */
  static final int BYTES = 8 * EACH;

  /** Room for the places of {@code count} copies. */
  public static MemorySegment places(int count) {
    return Arena.ofAuto().allocate((long) BYTES * count, 64);
  }

  /** Says where a copy is made from and goes, and what it keeps. */
  public static void place(MemorySegment places, int copy, long from, long to, long mask) {
    places.setAtIndex(ValueLayout.JAVA_LONG, (long) EACH * copy, from);
    places.setAtIndex(ValueLayout.JAVA_LONG, (long) EACH * copy + 1, to);
    places.setAtIndex(ValueLayout.JAVA_LONG, (long) EACH * copy + 2, mask);
  }

  private long get(int copy, int which) {
    assert copy >= 0 && copy < count : copy + " of " + count;
    return places.getAtIndex(ValueLayout.JAVA_LONG, (long) EACH * (first + copy) + which);
  }

  /** Bytes to the first row that a copy, of {@link #count}, is made of. */
  long from(int copy) {
    return get(copy, 0);
  }

  /** Bytes to where it goes. */
  long to(int copy) {
    return get(copy, 1);
  }

  /** Where its mask lies. */
  long mask(int copy) {
    return masksAt + get(copy, 2);
  }

  /** The address of the first place. */
  long address() {
    return places.address() + (long) BYTES * first;
  }
}
