package org.espalier.graph.build;

import java.util.ArrayList;
import org.espalier.graph.Dim;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;

/** The shapes of what layers make. */
final class Sizes {
  private Sizes() {}

  /** The length of an axis behind a window, from that before it. */
  interface Length {
    long of(long size);
  }

  /** An image of so many channels, whose height and width follow from those of {@code x}. */
  static Shape image(Value x, int channels, Length length) {
    if (x.shape().rank() != 4) {
      throw new InvalidInputException(
          "'%s' has shape %s, expected [N, channels, height, width]"
              .formatted(x.name(), x.shape()));
    }
    return Shape.of(
        x.shape().dim(0),
        Dim.of(channels),
        sized(x, x.shape().dim(2), length),
        sized(x, x.shape().dim(3), length));
  }

  private static Dim sized(Value x, Dim dim, Length length) {
    if (!(dim instanceof Dim.Fixed(long size))) {
      return Dim.unknown();
    }
    if (length.of(size) < 1) {
      throw new InvalidInputException(
          "'%s' has shape %s, too small for the window behind it".formatted(x.name(), x.shape()));
    }
    return Dim.of(length.of(size));
  }

  static Shape broadcast(Value x, Value y) {
    int rank = Math.max(x.shape().rank(), y.shape().rank());
    Dim[] dims = new Dim[rank];
    for (int back = 1; back <= rank; back++) {
      Dim a = back <= x.shape().rank() ? x.shape().dim(-back) : Dim.of(1);
      Dim b = back <= y.shape().rank() ? y.shape().dim(-back) : Dim.of(1);
      if (a.isFixed() && b.isFixed() && !a.equals(b) && a.sizeOr(1) != 1 && b.sizeOr(1) != 1) {
        throw new InvalidInputException(
            "'%s' has shape %s, '%s' has shape %s: they don't broadcast"
                .formatted(x.name(), x.shape(), y.name(), y.shape()));
      }
      boolean second = a.sizeOr(0) == 1 || (!a.isFixed() && b.sizeOr(1) != 1);
      dims[rank - back] = second ? b : a;
    }
    return Shape.of(dims);
  }

  /** The shape that Reshape makes of {@code shape}: 0 keeps an axis, -1 is what is left. */
  static Shape reshaped(Shape shape, long... sizes) {
    Dim[] dims = new Dim[sizes.length];
    boolean known = true;
    long left = 1;
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (axis >= sizes.length || sizes[axis] != 0) {
        known &= shape.dim(axis).isFixed();
        left *= shape.dim(axis).sizeOr(1);
      }
    }
    for (int axis = 0; axis < sizes.length; axis++) {
      dims[axis] = sizes[axis] == 0 ? shape.dim(axis) : Dim.of(Math.max(1, sizes[axis]));
      left /= Math.max(1, sizes[axis]);
    }
    for (int axis = 0; axis < sizes.length; axis++) {
      if (sizes[axis] < 0) {
        dims[axis] = known ? Dim.of(left) : Dim.unknown();
      }
    }
    return Shape.of(dims);
  }

  static Shape withLast(Shape shape, Dim last) {
    var dims = new ArrayList<>(shape.dims());
    dims.set(dims.size() - 1, last);
    return new Shape(dims);
  }
}
