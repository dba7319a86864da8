package org.espalier.train.rule;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Pattern;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.Selection;
import org.espalier.torch.Libtorch;
import org.espalier.train.Pass;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * Parts the weights of each filter into some near zero and the rest, so that the small ones can go
 * at once in the end (Pruning On-the-Fly, 2022, arXiv:2212.12651). Filters move on spheres, and the
 * loss gets the mean over a layer's filters of {@code (cos(w, T(w)) - 1)^2}, for all layers. T sets
 * the smallest weights to zero and counts as constant.
 *
 * <p>The slope goes with {@code 1 - cos}, which is 0.04 where half of a filter of normal weights
 * goes and vanishes as it becomes sparse, and with one over the number of filters. A constant
 * weight therefore either holds filters where they began or never makes the rest small; this one
 * grows by a constant factor from step to step.
 *
 * <p>The paper's filters and inputs have length one, and the logits a scale. Here filters keep the
 * length that they began with, which is as much of a sphere and leaves the network as it was; the
 * last layer's are free and are the scale; inputs aren't normalised.
 *
 * @param sparsity that T has in the end; it grows in ten steps over half of the training
 * @param weight of the penalty at the end; it begins at a hundred-thousandth
 */
public record CosinePenalty(double sparsity, double weight, Pattern pattern, Allocation allocation)
    implements TrainingRule {
  private static final double FULL_SPARSITY = 0.5;
  private static final double FIRST_WEIGHT = 1e-5;
  private static final int STEPS = 10;

  /** After how many steps T is found anew. */
  private static final int EVERY = 8;

  private static final double LEAST = 1e-12;

  public CosinePenalty {
    if (!(sparsity >= 0 && sparsity < 1 && weight >= 0)) {
      throw new InvalidInputException(
          "sparsity %s, a penalty of weight %s; expected from 0 up to but not 1, 0 or more"
              .formatted(sparsity, weight));
    }
  }

  @Override
  public void begin(Step step) {
    try (var _ = new AutoGradMode(false)) {
      for (Layer layer : onSpheres(step)) {
        Libtorch.view(radii(step, layer)).copy_(lengths(rows(step, layer)));
      }
    }
  }

  @Override
  public void observe(Step step, Pass pass) {
    if (step.index() % EVERY == 0) {
      double grown = Math.floor(1 + STEPS * time(step) / FULL_SPARSITY) / STEPS;
      masks(step, sparsity * Math.min(1, grown))
          .byWeight()
          .forEach((name, mask) -> kept(step, name).data().copyFrom(floats(step, name, mask)));
    }
  }

  private static double time(Step step) {
    return (double) step.index() / step.steps();
  }

  @Override
  public Tensor loss(Step step, Pass pass, Tensor loss) {
    double factor = weight * Math.pow(FIRST_WEIGHT, 1 - time(step));
    if (factor == 0) {
      return loss;
    }
    Tensor sum = loss;
    for (Layer layer : step.layers()) {
      Tensor live = step.parameters().get(layer.weight());
      Tensor kept = Libtorch.view(kept(step, layer.weight()));
      sum = sum.add(penalty(layer, live, kept), new Scalar(factor));
    }
    return sum;
  }

  private static MemorySegment floats(Step step, String name, Mask mask) {
    return mask.toTensor(step.weights().get(name).dims()).data();
  }

  /** What T keeps of a weight: ones and zeros. */
  private static org.espalier.graph.Tensor kept(Step step, String name) {
    long[] dims = step.weights().get(name).dims();
    return step.memory("cosine-penalty/kept/" + name, DataType.FLOAT, dims);
  }

  /**
   * The penalty of one layer, whose filters are its rows.
   *
   * @param kept ones where T keeps a weight, zeros elsewhere
   */
  static Tensor penalty(Layer layer, Tensor weights, Tensor kept) {
    Tensor rows = Matrices.of(layer, weights);
    Tensor target = rows.detach().mul(Matrices.of(layer, kept));
    Tensor along = rows.mul(target).sum(new long[] {1}, true, new ScalarTypeOptional());
    Tensor cosines = along.div(lengths(rows).mul(lengths(target)));
    return cosines.sub(new Scalar(1.0)).square().mean();
  }

  private static Tensor lengths(Tensor rows) {
    Tensor squares = rows.square().sum(new long[] {1}, true, new ScalarTypeOptional());
    return squares.clamp_min(new Scalar(LEAST)).sqrt();
  }

  private Masks masks(Step step, double share) {
    List<Layer> layers = step.layers();
    var scores = new ArrayList<Scores>();
    for (Layer layer : layers) {
      Mask held = step.masks().byWeight().get(layer.weight());
      Scores magnitudes = Saliency.magnitude().score(layer, step.seed());
      scores.add(held == null ? magnitudes : magnitudes.within(held));
    }
    long size = layers.stream().mapToLong(Layer::size).sum();
    long prune = Math.max(step.masks().pruned(), Math.round(share * size));
    return new Selection(pattern, allocation).masks(layers, scores, prune);
  }

  @Override
  public void afterUpdate(Step step) {
    if (step.index() == step.steps() - 1) {
      step.hold(masks(step, sparsity));
    }
    onSpheres(step).forEach(layer -> project(layer, step));
  }

  /** Brings a layer's filters back to the lengths that they began with. */
  private static void project(Layer layer, Step step) {
    try (var _ = new PointerScope();
        var _ = new AutoGradMode(false)) {
      Tensor live = step.parameters().get(layer.weight());
      Tensor rows = rows(step, layer);
      Tensor scaled = rows.mul(Libtorch.view(radii(step, layer))).div(lengths(rows));
      live.copy_(Matrices.back(layer, scaled, live));
    }
  }

  /** All layers but the last. */
  private static List<Layer> onSpheres(Step step) {
    return step.layers().subList(0, Math.max(0, step.layers().size() - 1));
  }

  private static Tensor rows(Step step, Layer layer) {
    return Matrices.of(layer, step.parameters().get(layer.weight()));
  }

  private static org.espalier.graph.Tensor radii(Step step, Layer layer) {
    return step.memory("cosine-penalty/length/" + layer.weight(), DataType.FLOAT, layer.rows(), 1);
  }

  @Override
  public boolean isSettled(Step step) {
    return step.index() == step.steps() - 1;
  }
}
