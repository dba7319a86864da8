package org.espalier.prune.method;

import java.util.List;
import java.util.function.BiConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.prune.Layer;
import org.espalier.prune.evidence.Evidence;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * How much the loss grows as weights leave where they were, told by examples' gradients alone: with
 * one example's gradient in each row of A [n, p], {@code q(d) = (|A d|^2 / n + lambda |d|^2) / 2}
 * for a change d. That is the quadratic form of the empirical Fisher matrix over all layers
 * together, damped; the matrix itself, [p, p], is never made.
 *
 * <p>Weights that are zero already take no part. Gradients stay where the evidence has them, in
 * float32, and a few columns at a time become float64. A change is one DOUBLE vector [p], layer
 * after layer, each in the order of its tensor.
 */
final class SampleRegression {
  /** How many numbers of A are in float64 at a time. */
  private static final long MOST = 2L << 20;

  private final List<Layer> layers;
  private final List<Tensor> gradients;
  private final long samples;
  private final long columns;
  private final Tensor start;
  private final Tensor responses;
  private final double lambda;
  private final Tensor examples;

  /**
   * Opens the problem in the pointer scope around.
   *
   * @param damping lambda, as a share of the Fisher matrix's mean diagonal over what isn't zero
   */
  SampleRegression(List<Layer> layers, Evidence evidence, double damping) {
    this.layers = List.copyOf(layers);
    gradients =
        layers.stream()
            .map(layer -> Libtorch.view(evidence.sampleGradients(layer.weight())))
            .toList();
    samples = gradients.getFirst().size(0);
    start = joined(layers);
    columns = Math.max(1, MOST / samples);
    examples = null;
    responses = responses(start);
    lambda = damping * meanDiagonal(evidence);
  }

  private SampleRegression(SampleRegression whole, Tensor examples) {
    layers = whole.layers;
    gradients = whole.gradients;
    samples = examples.numel();
    start = whole.start;
    columns = whole.columns;
    lambda = whole.lambda;
    this.examples = examples;
    responses = whole.responses.index_select(0, examples);
  }

  /** The same of some examples alone, whose numbers are LONG [m]; as damped as it was. */
  SampleRegression of(Tensor some) {
    return new SampleRegression(this, some);
  }

  /** The weights of layers as one vector. */
  static Tensor joined(List<Layer> layers) {
    long size = layers.stream().mapToLong(Layer::size).sum();
    Tensor all = LinearAlgebra.zeros(size);
    long first = 0;
    for (Layer layer : layers) {
      all.narrow(0, first, layer.size()).copy_(Libtorch.view(layer.tensor()).reshape(-1));
      first += layer.size();
    }
    return all;
  }

  private double meanDiagonal(Evidence evidence) {
    double sum = 0;
    try (var _ = new PointerScope()) {
      for (Layer layer : layers) {
        Tensor diagonal = Libtorch.view(evidence.fisherDiagonal(layer.weight())).reshape(-1);
        Tensor alive = Libtorch.view(layer.tensor()).reshape(-1).ne(new Scalar(0.0));
        sum += diagonal.mul(alive).sum().item().toDouble();
      }
      double mean = sum / Math.max(1, start.count_nonzero().item().toDouble());
      return mean == 0 ? 1 : mean;
    }
  }

  /** What the weights as they were answer: A times them, DOUBLE [n]. */
  Tensor responses() {
    return responses;
  }

  /** A times weights, DOUBLE [n]; those that were zero before take no part. */
  Tensor responses(Tensor weights) {
    Tensor sum = LinearAlgebra.zeros(samples);
    forEachPart(
        weights.mul(start).ne(new Scalar(0.0)),
        (part, places) -> sum.add_(part.mv(weights.index_select(0, places))));
    return sum;
  }

  /** The weights as they were. */
  Tensor start() {
    return start;
  }

  /**
   * The best weights on a support.
   *
   * @param weights DOUBLE [p], zero outside of the support
   * @param forces DOUBLE [n]: n lambda times these is how far responses are off
   * @param objective q of the change from the start
   */
  record Fit(Tensor weights, Tensor forces, double objective) {}

  /**
   * Minimises q where all weights outside of a support are zero. By Woodbury's identity the system
   * is [n, n]: with the change d_T of those that go, forces are (A_S A_S^T + n lambda I)^-1 A_T d_T
   * and those that stay change by -A_S^T forces.
   *
   * @param products of the support
   * @param targets DOUBLE [n], which responses are to be near: mostly what they were
   */
  Fit fit(Tensor support, Tensor products, Tensor targets) {
    Tensor kept = start.mul(support);
    Tensor moved = targets.neg();
    forEachPart(support, (part, places) -> moved.add_(part.mv(start.index_select(0, places))));
    Tensor system = products.clone();
    system.diagonal().add_(new Scalar(samples * lambda));
    Tensor forces = LinearAlgebra.solve(system, moved.unsqueeze(1)).squeeze(1);
    forEachPart(
        support,
        (part, places) -> kept.index_add_(0, places, part.t().mv(forces), new Scalar(-1.0)));
    double gone = start.mul(support.logical_not()).square().sum().item().toDouble();
    return new Fit(kept, forces, lambda * (forces.dot(moved).item().toDouble() + gone) / 2);
  }

  /** q's derivatives at the best weights of a support; zero for those that were zero before. */
  Tensor gradient(Fit fit) {
    Tensor result = fit.weights().sub(start);
    long first = 0;
    for (Tensor all : gradients) {
      for (long from = 0; from < all.size(1); from += columns) {
        try (var _ = new PointerScope()) {
          Tensor part = chosen(all.narrow(1, from, Math.min(columns, all.size(1) - from)));
          result
              .narrow(0, first + from, part.size(1))
              .add_(part.to(ScalarType.Double).t().mv(fit.forces()));
        }
      }
      first += all.size(1);
    }
    return result.mul(start.ne(new Scalar(0.0))).mul_(new Scalar(lambda));
  }

  /** A_S A_S^T over the columns of a support, which is BOOL [p]: [n, n]. */
  Tensor products(Tensor support) {
    Tensor sum = LinearAlgebra.zeros(samples, samples);
    forEachPart(support, (part, _) -> sum.addmm_(part, part.t()));
    return sum;
  }

  private Tensor chosen(Tensor part) {
    return examples == null ? part : part.index_select(0, examples);
  }

  /** Shows A's columns of a support, some at a time, and their places. */
  private void forEachPart(Tensor support, BiConsumer<Tensor, Tensor> visitor) {
    long first = 0;
    for (Tensor all : gradients) {
      for (long from = 0; from < all.size(1); from += columns) {
        try (var _ = new PointerScope()) {
          long count = Math.min(columns, all.size(1) - from);
          Tensor places = support.narrow(0, first + from, count).nonzero().reshape(-1);
          if (places.numel() > 0) {
            Tensor part = chosen(all.narrow(1, from, count).index_select(1, places));
            visitor.accept(part.to(ScalarType.Double), places.add(new Scalar(first + from)));
          }
        }
      }
      first += all.size(1);
    }
  }
}
