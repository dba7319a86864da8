package org.espalier.train.optim;

import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A rule that turns a gradient into a change of a weight, in two halves: all gradients are taken
 * into its memory before any weight moves, so that what they come to over all weights can be asked
 * in between.
 */
public sealed interface Optimizer permits Sgd, Adam {
  /** What it remembers of each weight: names of tensors of the weight's shape, zero at first. */
  List<String> slots();

  /** How weights shrink beside their gradient. */
  WeightDecay decay();

  /** The same with another decay. */
  Optimizer with(WeightDecay decay);

  /**
   * Takes a gradient into the memory of its weight.
   *
   * @param weight as it is, to be read only
   * @param gradient of the loss; gets what decay adds to it
   * @param slots the weight's memory, in the order of {@link #slots()}
   * @param decays whether this weight is one that decays
   */
  void observe(Tensor weight, Tensor gradient, List<Tensor> slots, boolean decays);

  /**
   * Changes a weight in place, after its gradient was observed.
   *
   * @param gradient as it was left; used as scratch space
   * @param rate the learning rate
   * @param step how many updates there have been before, from 0
   */
  void update(
      Tensor weight, Tensor gradient, List<Tensor> slots, double rate, long step, boolean decays);

  /**
   * How far the weights would go by now if all their gradients stayed at one, step by step; the
   * measure of decay that is to keep up with gradients (Xie et al., 2023, arXiv:2011.11152).
   *
   * @param slots the memory of all weights, their gradients observed
   * @param count of the weights' elements, but for those that are pruned
   */
  double effectiveRate(Collection<List<Tensor>> slots, long count, double rate, long step);
}
