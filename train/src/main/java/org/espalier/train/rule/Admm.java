package org.espalier.train.rule;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
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
 * Pruning by the alternating direction method of multipliers (Zhang et al., 2018,
 * arXiv:1804.03294). The loss gets {@code rho / 2 * ||W - Z + U||^2}, where Z is sparse: weights
 * move towards it while they train. Every few steps {@code Z = proj(W + U)}, which keeps the
 * largest magnitudes, then {@code U += W - Z}, and rho grows. In the end W itself is projected, and
 * what is left trains on under the mask. Where nothing is to go there is no term at all.
 *
 * @param sparsity the share of weights that go
 * @param end after how many steps weights are pruned
 * @param every how many steps lie between two updates of Z and U
 * @param rho at first
 * @param growth of rho with each update
 * @param most that rho becomes
 */
public record Admm(
    double sparsity,
    Pattern pattern,
    Allocation allocation,
    long end,
    long every,
    double rho,
    double growth,
    double most)
    implements TrainingRule {
  private static final int UPDATES = 17;

  /** Weights need some steps to come near to Z; fewer updates then do better, measured. */
  private static final int LEAST_STEPS = 24;

  public Admm {
    if (end < 1 || every < 1 || !(rho > 0 && growth >= 1 && most >= rho)) {
      throw new InvalidInputException(
          "ADMM to step %d, each %d, with rho %s times %s up to %s"
              .formatted(end, every, rho, growth, most));
    }
  }

  /** With rho from 0.01 to 1 in seventeen updates, fewer in short trainings, until this step. */
  public static Admm until(long end, double sparsity, Pattern pattern, Allocation allocation) {
    long last = Math.max(1, end);
    long updates = Math.clamp(last / LEAST_STEPS, 1, UPDATES);
    double growth = Math.pow(100, 1.0 / updates);
    return new Admm(sparsity, pattern, allocation, last, last / updates, 0.01, growth, 1);
  }

  @Override
  public void begin(Step step) {
    if (binds(step)) {
      Masks kept = projection(step, step.layers());
      for (Layer layer : step.layers()) {
        var values = kept.byWeight().get(layer.weight()).apply(layer.tensor());
        sparse(step, layer).data().copyFrom(values.data());
      }
    }
  }

  private boolean binds(Step step) {
    return prune(step) > step.masks().pruned();
  }

  private long prune(Step step) {
    return Math.round(sparsity * step.layers().stream().mapToLong(Layer::size).sum());
  }

  /** Rho in a step. */
  double rhoAt(long step) {
    long updates = step / every;
    return Math.min(most, rho * Math.pow(growth, (double) updates));
  }

  @Override
  public Tensor loss(Step step, Pass pass, Tensor loss) {
    if (step.index() >= end || !binds(step)) {
      return loss;
    }
    Tensor sum = loss;
    double half = rhoAt(step.index()) / 2;
    for (Layer layer : step.layers()) {
      Tensor weight = step.parameters().get(layer.weight());
      Tensor off =
          weight.sub(Libtorch.view(sparse(step, layer))).add(Libtorch.view(scaled(step, layer)));
      sum = sum.add(off.square().sum(), new Scalar(half));
    }
    return sum;
  }

  /** Z of a layer. */
  static org.espalier.graph.Tensor sparse(Step step, Layer layer) {
    return memory(step, "admm/sparse/", layer);
  }

  /** U of a layer: the multipliers over rho. */
  private static org.espalier.graph.Tensor scaled(Step step, Layer layer) {
    return memory(step, "admm/scaled/", layer);
  }

  private static org.espalier.graph.Tensor memory(Step step, String prefix, Layer layer) {
    return step.memory(
        prefix + layer.weight(), DataType.FLOAT, step.weights().get(layer.weight()).dims());
  }

  @Override
  public void afterUpdate(Step step) {
    long done = step.index() + 1;
    if (done > end || !binds(step)) {
      return;
    }
    if (done == end) {
      step.hold(projection(step, step.layers()));
    } else if (done % every == 0) {
      update(step);
    }
  }

  private void update(Step step) {
    var sums = new ArrayList<Layer>();
    for (Layer layer : step.layers()) {
      var sum = org.espalier.graph.Tensor.allocate(DataType.FLOAT, layer.tensor().dims());
      for (long k = 0; k < sum.size(); k++) {
        sum.setFloat(k, layer.tensor().floatAt(k) + scaled(step, layer).floatAt(k));
      }
      sums.add(layer.with(sum));
    }
    Masks kept = projection(step, sums);
    for (Layer layer : sums) {
      Mask mask = kept.byWeight().get(layer.weight());
      for (int k = 0; k < layer.size(); k++) {
        float sum = layer.tensor().floatAt(k);
        // U + W - Z is what the projection took away: all of a weight or nothing.
        sparse(step, layer).setFloat(k, mask.keeps(k) ? sum : 0);
        scaled(step, layer).setFloat(k, mask.keeps(k) ? 0 : sum);
      }
    }
  }

  /** The masks of the nearest tensors that are sparse enough, within those in force. */
  private Masks projection(Step step, List<Layer> layers) {
    List<Scores> scores =
        layers.stream()
            .map(
                layer -> {
                  Scores magnitudes = Saliency.magnitude().score(layer, 0);
                  Mask held = step.masks().byWeight().get(layer.weight());
                  return held == null ? magnitudes : magnitudes.within(held);
                })
            .toList();
    return new Selection(pattern, allocation).masks(layers, scores, prune(step));
  }

  @Override
  public boolean isSettled(Step step) {
    return step.index() + 1 >= end;
  }
}
