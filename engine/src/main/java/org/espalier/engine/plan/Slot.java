package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.List;

/** A stretch of a frame's memory, placed once it is known from which step to which it is used. */
final class Slot {
  /** Kernels may write to the end of the tile in which the last number lies. */
  static final long SLACK = 512;

  /** Kernels may read so much before the first number, and throw it away. */
  static final long HEAD = 128;

  long bytes;
  private final Slot whole;
  private final long offset;
  private final List<Slot> parts = new ArrayList<>();
  int first = Integer.MAX_VALUE;
  int last = -1;
  long at = -1;
  private Slot before;

  Slot(long bytes) {
    this.bytes = Math.ceilDiv(bytes + SLACK, 64L) * 64;
    whole = this;
    offset = 0;
  }

  private Slot(Slot whole, long offset) {
    this.whole = whole;
    this.offset = offset;
    bytes = whole.bytes - offset;
  }

  /** Makes room for so many bytes; the slot must not have been placed. */
  void grow(long atLeast) {
    assert whole == this && parts.isEmpty() && at < 0 : this;
    bytes = Math.max(bytes, Math.ceilDiv(atLeast + SLACK, 64L) * 64);
  }

  /** What begins {@code offset} bytes into this slot: a place of its own in the same memory. */
  Slot part(long offset) {
    if (offset == 0) {
      return this;
    }
    var part = new Slot(whole, this.offset + offset);
    whole.parts.add(part);
    return part;
  }

  /** Says where the slot lies, and with it all parts of it. */
  void place(long at) {
    this.at = at;
    for (Slot part : parts) {
      part.at = at + part.offset;
    }
  }

  void usedBy(int step) {
    if (whole != this) {
      whole.usedBy(step);
      return;
    }
    first = Math.min(first, step);
    last = Math.max(last, step);
  }

  /**
   * Says that the step that writes this may do so in place of {@code other}, number by number, if
   * nothing reads that later.
   */
  void mayReplace(Slot other) {
    if (other.whole == other && whole == this && other != this && other.bytes == bytes) {
      before = other;
    }
  }

  /** What lay in this slot's memory until the step that writes this, or null. */
  Slot replaced() {
    return before != null && before.last == first ? before : null;
  }

  /** Whether both are in the same memory, or one is a part of the other. */
  boolean shares(Slot other) {
    return whole == other.whole;
  }

  boolean overlapsInTime(Slot other) {
    return first <= other.last && other.first <= last;
  }
}
