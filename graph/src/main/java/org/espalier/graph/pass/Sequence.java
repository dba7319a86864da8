package org.espalier.graph.pass;

import java.util.List;

/** What is known of a sequence of tensors before the model runs. */
sealed interface Sequence {
  /** The values that it holds, in order. */
  record Elements(List<String> values) implements Sequence {
    public Elements {
      values = List.copyOf(values);
    }
  }

  /** The slices of a tensor along an axis of a size that is not known. */
  record Slices(String tensor, long axis, boolean keepsAxis) implements Sequence {}

  /** The parts of a tensor, as many as a vector has elements, in sizes told by the run. */
  record Parts(String sizes) implements Sequence {}
}
