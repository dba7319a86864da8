package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.espalier.graph.Shape;

/** The dimensions of one tensor as expressions. */
record Dims(List<Size> sizes) {
  static final Dims SCALAR = new Dims(List.of());

  Dims {
    sizes = List.copyOf(sizes);
  }

  static Dims of(Size... sizes) {
    return new Dims(List.of(sizes));
  }

  static Dims of(long... sizes) {
    return new Dims(Arrays.stream(sizes).mapToObj(Size::of).toList());
  }

  static Dims of(Shape shape) {
    return new Dims(shape.dims().stream().map(Size::of).toList());
  }

  static Dims unknown(int rank) {
    return new Dims(Stream.generate(Size::unknown).limit(rank).toList());
  }

  Shape toShape() {
    return new Shape(sizes.stream().map(Size::toDim).toList());
  }

  int rank() {
    return sizes.size();
  }

  /** The size of {@code axis}; a negative axis counts from the end. */
  Size at(int axis) {
    return sizes.get(axis < 0 ? axis + rank() : axis);
  }

  Dims with(int axis, Size size) {
    var changed = new ArrayList<>(sizes);
    changed.set(axis < 0 ? axis + rank() : axis, size);
    return new Dims(changed);
  }

  Dims without(int axis) {
    var changed = new ArrayList<>(sizes);
    changed.remove(axis < 0 ? axis + rank() : axis);
    return new Dims(changed);
  }

  /** Dimensions {@code from} up to but not {@code to}. */
  Dims part(int from, int to) {
    return new Dims(sizes.subList(from, to));
  }

  Dims followedBy(Dims others) {
    return new Dims(Stream.concat(sizes.stream(), others.sizes.stream()).toList());
  }

  /** How many elements. */
  Size elements() {
    return sizes.stream().reduce(Size.ONE, Size::times);
  }

  boolean isFixed() {
    return sizes.stream().allMatch(Size::isFixed);
  }

  long[] fixed() {
    return sizes.stream().mapToLong(Size::fixed).toArray();
  }

  /** The shape of an elementwise result, where the two can be broadcast together. */
  Optional<Dims> broadcast(Dims other) {
    int rank = Math.max(rank(), other.rank());
    var result = new ArrayList<Size>(rank);
    for (int k = rank; k > 0; k--) {
      Size a = k > rank() ? Size.ONE : at(-k);
      Size b = k > other.rank() ? Size.ONE : other.at(-k);
      if (a.isFixed() && b.isFixed() && !a.equals(b) && !a.is(1) && !b.is(1)) {
        return Optional.empty();
      }
      result.add(broadcast(a, b));
    }
    return Optional.of(new Dims(result));
  }

  private static Size broadcast(Size a, Size b) {
    if (a.equals(b) || b.is(1)) {
      return a;
    }
    if (a.is(1)) {
      return b;
    }
    if (isNotOne(a)) {
      return a;
    }
    if (isNotOne(b)) {
      return b;
    }
    // One of the two is 1 or they are equal: the larger one, unless there are none at all.
    return a.lower() >= 1 && b.lower() >= 1 ? a.max(b) : Size.unknown();
  }

  /** Then the other one must be 1 or the same. */
  private static boolean isNotOne(Size size) {
    return size.isFixed() || size.lower() > 1;
  }

  /** The one that says more, of two sizes that must be equal. */
  static Size better(Size a, Size b) {
    if (a.isFixed() || b.isFixed()) {
      return a.isFixed() ? a : b;
    }
    return a.isUnknown() ? b : a;
  }

  /** Whether the two can't be dimensions of one tensor. */
  boolean contradicts(Dims other) {
    return rank() != other.rank()
        || IntStream.range(0, rank()).anyMatch(axis -> differ(at(axis), other.at(axis)));
  }

  /** Whether two sizes are known to differ. */
  static boolean differ(Size a, Size b) {
    return a.isFixed() && b.isFixed() && !a.equals(b);
  }

  @Override
  public String toString() {
    return sizes.stream()
        .map(size -> size.isUnknown() ? "?" : size.toString())
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
