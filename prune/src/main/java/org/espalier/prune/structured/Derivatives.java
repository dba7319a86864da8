package org.espalier.prune.structured;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Evidence;

/**
 * Criteria that look at derivatives of the loss. Weights that no evidence was gathered of, such as
 * biases, are worth nothing to them.
 */
public final class Derivatives {
  private static final Criterion.Worth NOTHING = (index, value) -> 0;

  private Derivatives() {}

  /** |w g|: how much the loss changes to first order, each weight by itself (SNIP). */
  public static Criterion sensitivity() {
    return (weight, values, subject) -> {
      if (!subject.evidence().weights().contains(weight)) {
        return NOTHING;
      }
      Tensor gradient = subject.evidence().gradient(weight);
      return (index, value) -> Math.abs(value * gradient.realAt(index));
    };
  }

  /** (sum of w g)²: how much the loss changes to first order, a slice as a whole. */
  public static Criterion taylor() {
    return new Criterion() {
      @Override
      public Worth in(String weight, Tensor values, Subject subject) {
        if (!subject.evidence().weights().contains(weight)) {
          return NOTHING;
        }
        Tensor gradient = subject.evidence().gradient(weight);
        return (index, value) -> value * gradient.realAt(index);
      }

      @Override
      public double slice(double sum) {
        return sum * sum;
      }
    };
  }

  /** w² F / 2: how much the loss grows to second order, by the empirical Fisher diagonal (OBD). */
  public static Criterion brainDamage() {
    return (weight, values, subject) -> {
      if (!subject.evidence().weights().contains(weight)) {
        return NOTHING;
      }
      Tensor curvature = subject.evidence().fisherDiagonal(weight);
      return (index, value) -> value * value * curvature.realAt(index) / 2;
    };
  }

  /** w (H g): how much of the gradient's norm would go with the weight (GraSP). */
  public static Criterion gradientFlow() {
    var products = new LinkedHashMap<String, Tensor>();
    return (weight, values, subject) -> {
      if (!subject.evidence().weights().contains(weight)) {
        return NOTHING;
      }
      if (products.isEmpty()) {
        products.putAll(flow(subject.evidence()));
      }
      Tensor product = products.get(weight);
      return (index, value) -> value * product.realAt(index);
    };
  }

  private static Map<String, Tensor> flow(Evidence evidence) {
    var gradients = new LinkedHashMap<String, Tensor>();
    for (String weight : evidence.weights()) {
      Tensor gradient = evidence.gradient(weight);
      Tensor vector = Tensor.allocate(DataType.FLOAT, gradient.dims());
      for (long k = 0; k < vector.size(); k++) {
        vector.setFloat(k, (float) gradient.realAt(k));
      }
      gradients.put(weight, vector);
    }
    return evidence.hessianVector(gradients);
  }
}
