package org.espalier.torch;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Derivatives of a scalar with respect to named tensors: parameters, inputs, taps, or any mixture.
 *
 * <p>A tensor that the scalar doesn't depend on has a gradient of zeros. The history of the scalar
 * is freed by the call, so everything wanted of one forward pass is asked for at once.
 */
public final class Autograd {
  private Autograd() {}

  /**
   * The gradients of a scalar.
   *
   * @param loss a tensor of one element with autograd history
   * @param of what to differentiate with respect to, by name
   * @return a tensor for each, of the same shape
   */
  public static Map<String, Tensor> gradients(Tensor loss, Map<String, Tensor> of) {
    return gradients(loss, of, History.FREED);
  }

  /** What becomes of the history of what is differentiated. */
  public enum History {
    FREED,
    KEPT,
    /** It's kept, and the gradients have one, too. */
    CONTINUED
  }

  /** The gradients of a scalar, which may be differentiated again. */
  public static Map<String, Tensor> gradients(
      Tensor loss, Map<String, Tensor> of, History history) {
    var gradients = new LinkedHashMap<String, Tensor>();
    if (!loss.requires_grad()) {
      of.forEach((name, tensor) -> gradients.put(name, torch.zeros_like(tensor)));
      return gradients;
    }
    TensorVector found =
        torch.grad(
            new TensorVector(loss),
            new TensorVector(of.values().toArray(Tensor[]::new)),
            new TensorVector(),
            new BoolOptional(history != History.FREED),
            history == History.CONTINUED,
            true);
    long k = 0;
    for (var entry : of.entrySet()) {
      Tensor gradient = found.get(k++);
      gradients.put(
          entry.getKey(),
          gradient.defined() ? new Tensor(gradient) : torch.zeros_like(entry.getValue()));
    }
    return gradients;
  }

  /**
   * The product of the Hessian of a scalar with a vector: the derivative of the gradient in the
   * vector's direction, without the Hessian itself (Pearlmutter, 1994).
   *
   * @param vector a tensor for each of {@code of}, of the same shape
   * @return the product, in the same parts
   */
  public static Map<String, Tensor> hessianVector(
      Tensor loss, Map<String, Tensor> of, Map<String, Tensor> vector) {
    return product(gradients(loss, of, History.CONTINUED), of, vector, History.FREED);
  }

  /**
   * The Hessian of a scalar, for products with several vectors. The history stays for as long as
   * anything holds the scalar.
   *
   * @return takes a tensor for each of {@code of} and gives the product in the same parts
   */
  public static UnaryOperator<Map<String, Tensor>> hessian(Tensor loss, Map<String, Tensor> of) {
    Map<String, Tensor> gradients = gradients(loss, of, History.CONTINUED);
    return vector -> product(gradients, of, vector, History.KEPT);
  }

  private static Map<String, Tensor> product(
      Map<String, Tensor> gradients,
      Map<String, Tensor> of,
      Map<String, Tensor> vector,
      History history) {
    Tensor slope = null;
    for (var entry : gradients.entrySet()) {
      Tensor part = entry.getValue().mul(vector.get(entry.getKey())).sum();
      slope = slope == null ? part : slope.add(part);
    }
    return slope == null ? Map.of() : gradients(slope, of, history);
  }
}
