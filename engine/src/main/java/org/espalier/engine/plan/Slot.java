package org.espalier.engine.plan;

/** A stretch of a frame's memory, placed once it is known from which step to which it is used. */
final class Slot {
  /** Kernels may write to the end of the tile in which the last number lies. */
  static final long SLACK = 512;

  final long bytes;
  int first = Integer.MAX_VALUE;
  int last = -1;
  long at = -1;

  Slot(long bytes) {
    this.bytes = Math.ceilDiv(bytes + SLACK, 64L) * 64;
  }

  void usedBy(int step) {
    first = Math.min(first, step);
    last = Math.max(last, step);
  }

  boolean overlapsInTime(Slot other) {
    return first <= other.last && other.first <= last;
  }
}
