package org.espalier.prune.structured;

import java.util.Set;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Need;

/**
 * What an element of a weight is worth. A slice of a channel is worth the sum over its elements.
 */
@FunctionalInterface
public interface Criterion {
  /** The worth of elements of one weight, by their place in the flattened tensor. */
  @FunctionalInterface
  interface Worth {
    double of(int index, double value);
  }

  /** How to value the elements of a weight. */
  Worth in(String weight, Tensor values, Subject subject);

  /** What is to be observed of the network for it. */
  default Set<Need> needs() {
    return Set.of();
  }

  /** What a slice is worth, from the sum over its elements; the sum itself by default. */
  default double slice(double sum) {
    return sum;
  }

  /** |w|: the L1 norm of a slice. */
  static Criterion absolute() {
    return (weight, values, subject) -> (index, value) -> Math.abs(value);
  }

  /** w²: the squared L2 norm of a slice. */
  static Criterion squared() {
    return (weight, values, subject) -> (index, value) -> value * value;
  }

  /** The L2 norm of a slice. */
  static Criterion euclidean() {
    return new Criterion() {
      @Override
      public Worth in(String weight, Tensor values, Subject subject) {
        return (index, value) -> value * value;
      }

      @Override
      public double slice(double sum) {
        return Math.sqrt(sum);
      }
    };
  }
}
