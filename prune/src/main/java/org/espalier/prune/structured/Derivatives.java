package org.espalier.prune.structured;

import java.util.LinkedHashMap;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.DoubleBinaryOperator;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;

/**
 * Criteria that look at derivatives of the loss. Weights that no evidence was gathered of, such as
 * biases, are worth nothing to them.
 */
public final class Derivatives {
  private Derivatives() {}

  /**
   * A criterion that knows one number of each element.
   *
   * @param known these numbers of a weight, in its shape
   * @param worth of an element, by its value and that number
   */
  private record Known(
      Set<Need> needs, BiFunction<Evidence, String, Tensor> known, DoubleBinaryOperator worth)
      implements Criterion {
    @Override
    public Worth in(String weight, Tensor values, Subject subject) {
      if (!subject.evidence().weights().contains(weight)) {
        return (index, value) -> 0;
      }
      Tensor numbers = known.apply(subject.evidence(), weight);
      return (index, value) -> worth.applyAsDouble(value, numbers.realAt(index));
    }
  }

  private static Criterion of(
      Need need, BiFunction<Evidence, String, Tensor> known, DoubleBinaryOperator worth) {
    return new Known(Set.of(need), known, worth);
  }

  /** |w g|: how much the loss changes to first order, each weight by itself (SNIP). */
  public static Criterion sensitivity() {
    return of(Need.GRADIENTS, Evidence::gradient, (w, g) -> Math.abs(w * g));
  }

  /** w² F / 2: how much the loss grows to second order, by the empirical Fisher diagonal (OBD). */
  public static Criterion brainDamage() {
    return of(Need.FISHER_DIAGONAL, Evidence::fisherDiagonal, (w, f) -> w * w * f / 2);
  }

  /** w (H g): how much of the gradient's norm would go with the weight (GraSP). */
  public static Criterion gradientFlow() {
    var products = new LinkedHashMap<String, Tensor>();
    return new Known(
        Set.of(Need.GRADIENTS, Need.HESSIAN_VECTOR),
        (evidence, weight) -> {
          if (products.isEmpty()) {
            products.putAll(Evidence.gradientFlow(evidence));
          }
          return products.get(weight);
        },
        (w, product) -> w * product);
  }
}
