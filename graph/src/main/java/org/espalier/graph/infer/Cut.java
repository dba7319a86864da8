package org.espalier.graph.infer;

/** The part of an axis that a Slice takes: {@code length} elements from {@code start} on. */
record Cut(Size start, Size length, long step) {
  /** Bounds clamped as ONNX does; a negative one counts from the end, null isn't known. */
  static Cut of(Size size, Size start, Size end, long step) {
    if (isOpen(start) || isOpen(end) || step == Long.MIN_VALUE) {
      return new Cut(Size.unknown(), Size.unknown(), step);
    }
    if (step > 0) {
      Size from = clamp(start, size, Size.ZERO, size);
      Size to = clamp(end, size, Size.ZERO, size);
      return new Cut(from, to.minus(from).positive().ceilDiv(step), step);
    }
    Size last = size.plus(-1);
    Size from = clamp(start, size, Size.ZERO, last);
    Size to = clamp(end, size, Size.of(-1), last);
    return new Cut(from, from.minus(to).positive().ceilDiv(-step), step);
  }

  private static Size clamp(Size bound, Size size, Size least, Size most) {
    if (bound.isFixed() && bound.fixed() >= Integer.MAX_VALUE) {
      return most; // "to the end", and no size is as large
    }
    if (bound.isFixed() && bound.fixed() <= -Integer.MAX_VALUE) {
      return least;
    }
    Size counted = bound.lower() >= 0 ? bound : size.plus(bound);
    return counted.max(least).min(most);
  }

  /** Whether not even the sign is known, and so which end the bound counts from. */
  private static boolean isOpen(Size bound) {
    return bound == null || (!bound.isFixed() && bound.lower() < 0 && bound.times(-1).lower() <= 0);
  }
}
