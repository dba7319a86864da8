package org.espalier.graph.infer;

import java.util.concurrent.atomic.AtomicLong;

/**
 * An indivisible part of a {@link Size}. Its text is canonical: equal atoms, and only they, have
 * equal texts.
 */
sealed interface Atom extends Comparable<Atom> {
  String text();

  /** How much of an expression this is, to keep expressions from growing without bound. */
  int weight();

  /** Whether an unknown number is part of it. */
  boolean isUnknown();

  /** The least value it can have, or {@link Size#UNBOUNDED}. */
  long lower();

  @Override
  default int compareTo(Atom other) {
    return text().compareTo(other.text());
  }

  /** A size that the model names. It is taken to be at least 1. */
  record Symbol(String text) implements Atom {
    @Override
    public int weight() {
      return 1;
    }

    @Override
    public boolean isUnknown() {
      return false;
    }

    @Override
    public long lower() {
      return 1;
    }
  }

  /** A size of which nothing is known but that it equals itself. */
  record Unknown(String text) implements Atom {
    private static final AtomicLong NEXT = new AtomicLong();

    static Unknown fresh() {
      return new Unknown("?" + NEXT.incrementAndGet());
    }

    @Override
    public int weight() {
      return 1;
    }

    @Override
    public boolean isUnknown() {
      return true;
    }

    @Override
    public long lower() {
      return 0;
    }
  }

  /** {@code floor(dividend / divisor)}, where the division can't be carried out. */
  record Floor(Size dividend, Size divisor, String text) implements Atom {
    Floor(Size dividend, Size divisor) {
      this(dividend, divisor, "floor(" + factor(dividend) + "/" + factor(divisor) + ")");
    }

    private static String factor(Size size) {
      return size.isSingle() ? size.toString() : "(" + size + ")";
    }

    @Override
    public int weight() {
      return 1 + dividend.weight() + divisor.weight();
    }

    @Override
    public boolean isUnknown() {
      return dividend.isUnknown() || divisor.isUnknown();
    }

    @Override
    public long lower() {
      if (dividend.lower() < 0 || divisor.lower() <= 0) {
        return Size.UNBOUNDED;
      }
      return divisor.isFixed() ? dividend.lower() / divisor.fixed() : 0;
    }
  }

  /** {@code max(0, size)}, where the sign isn't known. */
  record Positive(Size size, String text) implements Atom {
    Positive(Size size) {
      this(size, "max(0, " + size + ")");
    }

    @Override
    public int weight() {
      return 1 + size.weight();
    }

    @Override
    public boolean isUnknown() {
      return size.isUnknown();
    }

    @Override
    public long lower() {
      return Math.max(0, size.lower());
    }
  }
}
