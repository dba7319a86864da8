package org.espalier.prune.evidence;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.torch.Libtorch;
import org.espalier.torch.TorchModel;

/**
 * Hutchinson's estimate of the diagonal of the mean loss's Hessian: the mean of z (H z) over
 * vectors z of random signs. Without elements off the diagonal it's exact. With them an element's
 * error is their root sum of squares over that of the number of vectors, which takes about as many
 * vectors as there are weights to be small, and it may be negative; sums over many weights are far
 * better.
 */
public final class Hutchinson {
  private Hutchinson() {}

  /**
   * Estimates the diagonal.
   *
   * @param vectors how many for each batch, drawn anew
   * @return DOUBLE, of the shape of each weight
   */
  public static Map<String, Tensor> diagonal(Evidence evidence, int vectors, long seed) {
    var random = new SplittableRandom(seed);
    var sums = new LinkedHashMap<String, Tensor>();
    evidence.forEachBatch(
        (model, inputs, targets) -> {
          double share = (double) inputs.values().iterator().next().size(0) / evidence.samples();
          ofBatch(model, evidence.loss(inputs, targets), vectors, random)
              .forEach(
                  (name, part) -> {
                    long[] dims = model.weights().get(name).dims();
                    Tensor sum =
                        sums.computeIfAbsent(name, _ -> Tensor.allocate(DataType.DOUBLE, dims));
                    Libtorch.view(sum).add_(part.mul(new Scalar(share / vectors)));
                  });
        });
    try (var _ = new PointerScope()) {
      sums.forEach(
          (name, sum) -> Finite.checked(Libtorch.view(sum), "the Hessian of '" + name + "'"));
    }
    return sums;
  }

  /** The sum of z (H z). */
  private static Map<String, org.bytedeco.pytorch.Tensor> ofBatch(
      TorchModel model, org.bytedeco.pytorch.Tensor loss, int vectors, SplittableRandom random) {
    UnaryOperator<Map<String, org.bytedeco.pytorch.Tensor>> hessian = model.hessian(loss);
    Map<String, org.bytedeco.pytorch.Tensor> weights = new TreeMap<>(model.parameters());
    var sums = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
    weights.forEach(
        (name, weight) -> sums.put(name, torch.zeros_like(weight.detach()).to(ScalarType.Double)));
    for (int k = 0; k < vectors; k++) {
      try (var _ = new PointerScope()) {
        var signs = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
        weights.forEach((name, weight) -> signs.put(name, Signs.like(weight, random)));
        hessian
            .apply(signs)
            .forEach((name, product) -> sums.get(name).add_(product.mul(signs.get(name))));
      }
    }
    return sums;
  }
}
