package org.espalier.prune.method;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Scores;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * SWAP (You et al., 2024): sparse regression on the gradients of single samples, whose responses
 * are matched by entropic {@linkplain Transport transport} instead of sample by sample, so that
 * noise in single gradients averages out.
 *
 * <p>With a plan P between the dense responses y and the sparse ones A w, the objective {@code n/2
 * sum P_ij (y_i - (A w)_j)^2 + n ridge/2 |w - w0|^2} is a regression on the targets {@code n P^T
 * y}. Plan, support and weights are improved in turn: a gradient step names the support, on which
 * the regression is solved exactly. The paper takes gradient steps there as well.
 */
public final class Swap implements WeightMethod {
  private static final int ITERATIONS = 3;

  /** Of the transport: its plans are made often, and needn't be exact. */
  private static final int SINKHORN = 30;

  private final Transport transport;
  private final double damping;
  private final int stages;

  public Swap() {
    this(0.001, 0.01, 5);
  }

  /**
   * @param blur how widely responses are averaged, as a share of their variance; 0 matches them in
   *     order
   * @param damping the ridge, as a share of the mean squared gradient
   * @param stages how often gradients are taken anew
   */
  public Swap(double blur, double damping, int stages) {
    if (!(damping > 0) || stages < 1) {
      throw new InvalidInputException(
          "damping %s, %d stages; expected more than 0, 1 or more".formatted(damping, stages));
    }
    transport = new Transport(blur, SINKHORN);
    this.damping = damping;
    this.stages = stages;
  }

  @Override
  public About about() {
    return new About(
        "swap",
        "SWAP: sparse entropic Wasserstein regression",
        "Finds mask and weights together by a regression on single examples' gradients that matches"
            + " distributions of answers, not answers: for noisy gradients and high sparsity.",
        "You et al.",
        2024,
        "arXiv:2310.04918",
        "post-training",
        List.of("unstructured", "N:M", "block"),
        List.of("sample gradients"));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.SAMPLE_GRADIENTS);
  }

  @Override
  public int stages() {
    return stages;
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    var solutions = new LinkedHashMap<String, Solution>();
    try (var _ = new PointerScope()) {
      GradientFeatures features = GradientFeatures.of(task.layers(), task.evidence());
      double square = features.meanSquare();
      double ridge = features.samples() * (square == 0 ? 1 : damping * square);
      List<Tensor> dense = GradientFeatures.vector(task.layers());
      Tensor responses = features.times(dense);
      List<Tensor> weights = dense;
      List<Tensor> best = dense;
      Masks masks = Masks.NONE;
      Masks chosen = masks;
      double least = Double.POSITIVE_INFINITY;
      for (int iteration = 0; iteration <= ITERATIONS; iteration++) {
        Tensor sparse = features.times(weights);
        Tensor plan = transport.plan(responses, sparse);
        if (iteration > 0) {
          double error = error(plan, responses, sparse) + ridge / 2 * apart(weights, dense);
          if (!(error < least)) {
            break;
          }
          least = error;
          best = weights;
          chosen = masks;
        }
        Tensor targets = targets(plan, responses);
        List<Tensor> gradient = gradient(features, weights, dense, sparse.sub(targets), ridge);
        masks = task.select(scores(task, stepped(features, weights, gradient, ridge)));
        weights = features.fit(inOrder(task, masks), dense, targets, ridge);
      }
      for (int k = 0; k < best.size(); k++) {
        Layer layer = task.layers().get(k);
        Mask mask = chosen.byWeight().get(layer.weight());
        solutions.put(
            layer.weight(), Solution.of(GradientFeatures.tensor(layer, best.get(k)), mask));
      }
    }
    return solutions;
  }

  /** What each sparse response is to be: the mean of the dense ones that the plan gives it. */
  static Tensor targets(Tensor plan, Tensor dense) {
    return plan.t().mv(dense).mul(new Scalar((double) dense.size(0)));
  }

  /** {@code n/2 sum P_ij (y_i - z_j)^2}. */
  static double error(Tensor plan, Tensor dense, Tensor sparse) {
    Tensor costs = dense.unsqueeze(1).sub(sparse.unsqueeze(0)).square_();
    return dense.size(0) / 2.0 * costs.mul_(plan).sum().item().toDouble();
  }

  private static double apart(List<Tensor> weights, List<Tensor> dense) {
    double sum = 0;
    for (int k = 0; k < weights.size(); k++) {
      sum += weights.get(k).sub(dense.get(k)).square().sum().item().toDouble();
    }
    return sum;
  }

  /**
   * The objective's gradient for a plan that stays.
   *
   * @param residual of the sparse responses against their targets
   */
  static List<Tensor> gradient(
      GradientFeatures features,
      List<Tensor> weights,
      List<Tensor> dense,
      Tensor residual,
      double ridge) {
    List<Tensor> gradient = features.transposedTimes(residual);
    for (int k = 0; k < gradient.size(); k++) {
      gradient.get(k).add_(weights.get(k).sub(dense.get(k)), new Scalar(ridge));
    }
    return gradient;
  }

  /** The least along the gradient. */
  private static List<Tensor> stepped(
      GradientFeatures features, List<Tensor> weights, List<Tensor> gradient, double ridge) {
    double length = gradient.stream().mapToDouble(g -> g.square().sum().item().toDouble()).sum();
    double curved = features.times(gradient).square().sum().item().toDouble() + ridge * length;
    var stepped = new ArrayList<Tensor>();
    for (int k = 0; k < weights.size(); k++) {
      var size = new Scalar(curved == 0 ? 0 : -length / curved);
      stepped.add(weights.get(k).add(gradient.get(k), size));
    }
    return stepped;
  }

  private static List<Scores> scores(Task task, List<Tensor> weights) {
    var scores = new ArrayList<Scores>();
    for (int k = 0; k < weights.size(); k++) {
      Layer layer = task.layers().get(k);
      org.espalier.graph.Tensor values = Libtorch.copy(weights.get(k));
      scores.add(
          Scores.of(layer, (row, column, _) -> Math.abs(values.realAt(layer.index(row, column))))
              .within(Mask.ofNonzeros(layer.tensor())));
    }
    return scores;
  }

  private static List<Mask> inOrder(Task task, Masks masks) {
    return task.layers().stream().map(layer -> masks.byWeight().get(layer.weight())).toList();
  }
}
