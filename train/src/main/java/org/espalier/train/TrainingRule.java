package org.espalier.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * How a training differs from plain training: a few moments of the step, each doing nothing by
 * default. Reading the ones a rule overrides is reading its paper.
 *
 * <p>A rule has no state of its own. What it must remember lies in the {@link Step}: masks, which
 * are held from then on whatever the optimiser does, and {@link Step#memory}. Both are written to
 * checkpoints. Between {@code beforeForward} and {@code afterUpdate} a {@code PointerScope} is
 * open, and libtorch's tensors made there end with the step.
 */
public interface TrainingRule {
  /** The rule and its settings in a few words; a checkpoint is for the same words only. */
  String describe();

  /** Once, before the first step; not when a training is resumed. */
  default void begin(Step step) {}

  /**
   * What the forward pass sees instead of some weights, by name. Gradients reach the weights
   * through what is done to them here.
   */
  default Map<String, Tensor> beforeForward(Step step) {
    return Map.of();
  }

  /** The loss to take gradients of: this one, with whatever is to be added. */
  default Tensor loss(Step step, Tensor loss) {
    return loss;
  }

  /**
   * The gradients of all weights, pruned ones included, to be changed in place. They are masked and
   * clipped afterwards.
   */
  default void beforeUpdate(Step step, Map<String, Tensor> gradients) {}

  /** After the optimiser's update: the time for new masks. */
  default void afterUpdate(Step step) {}

  /** After the last step of an epoch, before validation. */
  default void afterEpoch(Step step) {}

  /** Whether the network is what it is meant to become, so that its weights may count as best. */
  default boolean isSettled(Step step) {
    return true;
  }
}
