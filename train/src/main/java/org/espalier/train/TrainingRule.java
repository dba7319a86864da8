package org.espalier.train;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Model;

/**
 * How a training differs from plain training: a few moments of the step, each doing nothing by
 * default. Reading the ones a rule overrides is reading its paper. They come in this order.
 *
 * <p>A rule has no state of its own. What it must remember lies in the {@link Step}: masks, which
 * are held from then on whatever the optimiser does, and {@link Step#memory}. Both are written to
 * checkpoints. A {@code PointerScope} is open throughout, and libtorch's tensors made in a step end
 * with it.
 */
public interface TrainingRule {
  /**
   * The rule and its settings in a few words; a checkpoint is for the same words only. What a
   * record says of itself will do.
   */
  default String describe() {
    return toString();
  }

  /**
   * The network that is trained in place of this one, with nodes and weights of the rule's own.
   * {@link #finish} takes them out again.
   */
  default Model prepare(Model model) {
    return model;
  }

  /**
   * The only weights that are trained, by name; empty for the usual ones.
   *
   * @param model as it was prepared
   */
  default Optional<Set<String>> trains(Model model) {
    return Optional.empty();
  }

  /** Once, before the first step; not when a training is resumed. */
  default void begin(Step step) {}

  /**
   * What the forward pass sees instead of some weights, by name. Gradients reach the weights
   * through what is done to them here.
   */
  default Map<String, Tensor> beforeForward(Step step) {
    return Map.of();
  }

  /**
   * What the network is shown in place of a batch's examples, as many and of the same shape. What
   * it would say to them is told by {@link Step#network}.
   */
  default Tensor examples(Step step, Tensor examples, Tensor targets) {
    return examples;
  }

  /** The values within the network that {@link #loss} looks at, by name. */
  default Set<String> taps(Step step) {
    return Set.of();
  }

  /** After the forward pass, once in a step and without gradients: the time to count and adapt. */
  default void observe(Step step, Pass pass) {}

  /**
   * The loss to take gradients of: this one, with whatever is to be added. Asked again where
   * gradients are taken at an offset, so it remembers nothing.
   *
   * @param loss of the pass, as the rules before have left it
   */
  default Tensor loss(Step step, Pass pass, Tensor loss) {
    return loss;
  }

  /**
   * How far off the weights gradients are taken instead, by name: sharpness-aware training looks
   * where the loss is higher. The weights themselves come back bit for bit, and pruned ones stay
   * zero. Where several rules have offsets they are added up.
   *
   * @param gradients at the weights as they are, to be read only
   */
  default Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
    return Map.of();
  }

  /**
   * The gradients of all weights, pruned ones included, to be changed in place. They are masked and
   * clipped afterwards.
   */
  default void beforeUpdate(Step step, Map<String, Tensor> gradients) {}

  /**
   * What is taken off some weights, by name, once the optimiser has seen the gradients ({@link
   * Step#effectiveRate}) and before it moves the weights: decay of a rule's own. Nothing is taken
   * off weights that are pruned.
   */
  default Map<String, Tensor> decay(Step step) {
    return Map.of();
  }

  /** After the optimiser's update: the time for new masks. */
  default void afterUpdate(Step step) {}

  /** After the last step of an epoch, before validation. */
  default void afterEpoch(Step step) {}

  /** Whether the network is what it is meant to become, so that its weights may count as best. */
  default boolean isSettled(Step step) {
    return true;
  }

  /** What becomes of the trained network in the end: channels that are pruned can be cut out. */
  default Model finish(Step step, Model trained) {
    return trained;
  }
}
