package org.espalier.prune.method;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.torch.LinearAlgebra;

/**
 * The convex programme of Net-Trim for one layer: the weights W of least L1 norm whose products X
 * W^T come within epsilon of the dense ones where a ReLU lets these pass, and stay below a limit
 * where it doesn't. By alternating directions (ADMM): copies of the products and of the weights
 * take the constraints and the norm, and W follows both, which costs products with X and one
 * factorisation of X^T X + I.
 */
final class ConvexTrim {
  private final Tensor x;
  private final Tensor aims;
  private final Tensor active;
  private final Tensor limits;
  private final Tensor factor;
  private final Tensor dense;
  private final double norm;
  private final Scalar threshold;
  private Tensor weights;
  private Tensor sparse;
  private Tensor answersDual;
  private Tensor weightsDual;

  /**
   * A layer as it is, in float64.
   *
   * @param inputs [samples, columns]
   * @param dense weights [rows, columns]
   * @param limits [rows], up to which a product is cut off; minus infinity where none is
   */
  ConvexTrim(Tensor inputs, Tensor dense, Tensor limits) {
    Tensor squares = inputs.t().mm(inputs);
    double largest = squares.abs().max().item().toDouble();
    // Divided by one number, inputs weigh about as much as the identity beside them.
    var scale = new Scalar(largest == 0 ? 1 : 0.3 * Math.sqrt(largest));
    squares.div_(scale).div_(scale).diagonal().add_(new Scalar(1.0));
    factor = single(LinearAlgebra.cholesky(squares));
    x = single(inputs.div(scale));
    this.dense = single(dense);
    aims = x.mm(this.dense.t());
    this.limits = single(limits.div(scale)).unsqueeze(0).expand_as(aims);
    active = aims.gt(this.limits);
    Tensor floor = this.limits.masked_fill(this.limits.isneginf(), new Scalar(0.0));
    norm = aims.sub(floor).mul(active).norm().item().toDouble();
    double mean = dense.abs().mean().item().toDouble();
    threshold = new Scalar(mean == 0 ? 1 : mean / 10);
    restart();
  }

  private static Tensor single(Tensor tensor) {
    return tensor.to(ScalarType.Float);
  }

  private void restart() {
    weights = dense.clone();
    sparse = dense.clone();
    answersDual = torch.zeros_like(aims);
    weightsDual = torch.zeros_like(dense);
  }

  /** The length of the dense answers behind the ReLU: what epsilon is a share of. */
  double norm() {
    return norm;
  }

  /** Goes on with the programme for this many steps. */
  void solve(double epsilon, int steps) {
    for (int step = 0; step < steps; step++) {
      try (var _ = new PointerScope()) {
        Tensor free = x.mm(weights.t()).sub_(answersDual);
        Tensor off = free.sub(aims).mul_(active);
        double length = off.norm().item().toDouble();
        Tensor near = aims.add(off, new Scalar(length <= epsilon ? 1 : epsilon / length));
        Tensor answers = torch.where(active, near, free.minimum(limits));
        Tensor shrunk = weights.sub(weightsDual);
        follow(answers, shrunk.sign().mul_(shrunk.abs().sub_(threshold).relu_()));
      }
    }
  }

  /**
   * The weights under a mask whose answers are nearest to the dense ones, where products count as
   * far as the ReLU lets them through.
   *
   * @param mask [rows, columns] of ones and zeros
   */
  Tensor fit(Tensor mask, int steps) {
    restart();
    var half = new Scalar(0.5);
    Tensor ones = single(mask);
    for (int step = 0; step < steps; step++) {
      try (var _ = new PointerScope()) {
        Tensor free = x.mm(weights.t()).sub_(answersDual);
        Tensor near = free.add(aims).mul_(half);
        Tensor below = free.sub(free.sub(limits).relu_().mul_(half));
        follow(torch.where(active, near, below), weights.sub(weightsDual).mul_(ones));
      }
    }
    return sparse;
  }

  /** The weights and the prices of their disagreement with both copies. */
  private void follow(Tensor answers, Tensor copies) {
    Tensor right = answers.add(answersDual).t().mm(x).add_(copies).add_(weightsDual);
    weights.copy_(torch.cholesky_solve(right.t(), factor).t());
    answersDual.add_(answers.sub_(x.mm(weights.t())));
    sparse.copy_(copies);
    weightsDual.add_(copies).sub_(weights);
  }

  /** The solution so far, many of whose weights are zero. */
  Tensor sparse() {
    return sparse;
  }

  /** What the solution is before it's shrunk: it tells the zeros apart as well. */
  Tensor ranking() {
    return weights.sub(weightsDual).abs();
  }
}
