package org.espalier.graph.infer;

import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * All that is known of one value. A part that isn't known is null; a value that isn't a tensor has
 * no known part.
 */
record Fact(DataType element, Dims dims, Contents contents) {
  static final Fact UNKNOWN = new Fact(null, null, null);

  static Fact of(DataType element, Dims dims) {
    return new Fact(element, dims, null);
  }

  static Fact of(Tensor tensor) {
    return new Fact(tensor.type(), Dims.of(tensor.dims()), new Contents.Literal(tensor));
  }

  Optional<Size[]> entries() {
    return Optional.ofNullable(contents).flatMap(Contents::entries);
  }

  Optional<Tensor> tensor() {
    return Optional.ofNullable(contents).flatMap(known -> known.tensor(element, dims));
  }

  /** What both agree on, for a value that is one or the other. */
  Fact or(Fact other) {
    if (equals(other)) {
      return this;
    }
    return of(element == other.element ? element : null, or(dims, other.dims));
  }

  private static Dims or(Dims a, Dims b) {
    if (a == null || b == null || a.rank() != b.rank()) {
      return null;
    }
    Dims both = a;
    for (int axis = 0; axis < a.rank(); axis++) {
      if (!a.at(axis).equals(b.at(axis))) {
        both = both.with(axis, Size.unknown());
      }
    }
    return both;
  }
}
