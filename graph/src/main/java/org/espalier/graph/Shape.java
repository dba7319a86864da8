package org.espalier.graph;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The dimensions of a tensor of known rank. A scalar has none. */
public record Shape(List<Dim> dims) {
  public static final Shape SCALAR = new Shape(List.of());

  public Shape {
    dims = List.copyOf(dims);
  }

  /** A shape of numbers; a negative one is unknown. */
  public static Shape of(long... sizes) {
    return new Shape(
        Arrays.stream(sizes).mapToObj(size -> size < 0 ? Dim.unknown() : Dim.of(size)).toList());
  }

  public static Shape of(Dim... dims) {
    return new Shape(List.of(dims));
  }

  public int rank() {
    return dims.size();
  }

  /** The dimension at {@code axis}; a negative axis counts from the end. */
  public Dim dim(int axis) {
    return dims.get(axis < 0 ? axis + rank() : axis);
  }

  public boolean isFixed() {
    return dims.stream().allMatch(Dim::isFixed);
  }

  /** The sizes, where all are numbers. */
  public Optional<long[]> sizes() {
    return isFixed()
        ? Optional.of(dims.stream().mapToLong(dim -> dim.sizeOr(-1)).toArray())
        : Optional.empty();
  }

  @Override
  public String toString() {
    return dims.stream().map(Dim::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
