package org.espalier.graph;

/** The size of one axis: a number, a named symbol, or nothing known. */
public sealed interface Dim {
  /** An axis of a known size. */
  record Fixed(long size) implements Dim {
    public Fixed {
      if (size < 0) {
        throw new InvalidInputException("a dimension of " + size + ", expected 0 or more");
      }
    }

    @Override
    public String toString() {
      return Long.toString(size);
    }
  }

  /** An axis whose size is fixed at run time; equal names in one model mean equal sizes. */
  record Symbol(String name) implements Dim {
    @Override
    public String toString() {
      return name;
    }
  }

  /** An axis of which nothing is known, not even that it equals another. */
  record Unknown() implements Dim {
    @Override
    public String toString() {
      return "?";
    }
  }

  static Dim unknown() {
    return new Unknown();
  }

  static Dim of(long size) {
    return new Fixed(size);
  }

  static Dim symbol(String name) {
    return new Symbol(name);
  }

  /** The size, or {@code otherwise} where it is not a number. */
  default long sizeOr(long otherwise) {
    return this instanceof Fixed(long size) ? size : otherwise;
  }

  default boolean isFixed() {
    return this instanceof Fixed;
  }
}
