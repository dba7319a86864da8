package org.espalier.train;

import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.prune.Schedule;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.Selection;

/**
 * Gradual pruning (Zhu and Gupta, 2017, arXiv:1710.01878): while the network trains, the least
 * salient weights go a few at a time, and the others learn to do without. What has gone stays away.
 *
 * @param method whose saliency ranks the weights, anew each time
 * @param schedule how sparse the network is after each step
 */
public record GradualPruning(
    ScoringMethod method, Pattern pattern, Allocation allocation, Schedule schedule)
    implements TrainingRule {
  private static final int PRUNINGS = 100;

  public GradualPruning {
    if (pattern instanceof Pattern.OfEvery) {
      throw new InvalidInputException(
          "pattern %s for gradual pruning: it fixes its own share, expected unstructured or blocks"
              .formatted(pattern));
    }
  }

  /**
   * Magnitude pruning along a cubic, in the same share of every layer's weights. It starts with the
   * second tenth of the training and ends after seven of ten, which leaves the rest to recover.
   *
   * @param sparsity the share of weights that are zero in the end
   * @param steps how many steps the training has
   */
  public static GradualPruning magnitude(double sparsity, long steps) {
    return magnitude(sparsity, steps / 10, steps * 7 / 10);
  }

  /**
   * Magnitude pruning along a cubic, in the same share of every layer's weights.
   *
   * @param begin the step that prunes first
   * @param end the step that reaches the sparsity
   */
  public static GradualPruning magnitude(double sparsity, long begin, long end) {
    long last = Math.max(begin + 1, end);
    long every = Math.max(1, (last - begin) / PRUNINGS);
    return new GradualPruning(
        Methods.scoring("magnitude"),
        new Pattern.Unstructured(),
        Allocation.UNIFORM,
        new Schedule.Cubic(0, sparsity, begin, last, every));
  }

  /** The same in another pattern, spread over the layers in another way. */
  public GradualPruning in(Pattern pattern, Allocation allocation) {
    return new GradualPruning(method, pattern, allocation, schedule);
  }

  @Override
  public String describe() {
    return "gradual %s, %s, %s, %s".formatted(method.about().name(), pattern, allocation, schedule);
  }

  @Override
  public void begin(Step step) {
    if (step.layers().isEmpty()) {
      throw new InvalidInputException("the model has no weight that can be pruned");
    }
  }

  @Override
  public void afterUpdate(Step step) {
    if (!schedule.prunesAt(step.index())) {
      return;
    }
    List<Layer> layers = step.layers();
    List<Scores> scores = layers.stream().map(layer -> scores(step, layer)).toList();
    long all = layers.stream().mapToLong(Layer::size).sum();
    long pruned = Math.round(schedule.sparsityAt(step.index()) * all);
    step.hold(new Selection(pattern, allocation).masks(layers, scores, pruned));
  }

  private Scores scores(Step step, Layer layer) {
    Scores scores = method.saliency().score(layer, step.seed());
    Mask mask = step.masks().byWeight().get(layer.weight());
    return mask == null ? scores : scores.within(mask);
  }

  @Override
  public boolean isSettled(Step step) {
    return schedule.sparsityAt(step.index()) >= schedule.sparsityAt(step.steps());
  }
}
