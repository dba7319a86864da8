package org.espalier.train.optim;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A rule that turns a gradient into a change of a weight. */
public sealed interface Optimizer permits Sgd, Adam {
  /** What it remembers of each weight: names of tensors of the weight's shape, zero at first. */
  List<String> slots();

  /** How weights shrink beside their gradient. */
  WeightDecay decay();

  /**
   * Changes a weight in place.
   *
   * @param weight to be changed
   * @param gradient of the loss; used as scratch space
   * @param slots its memory, in the order of {@link #slots()}
   * @param rate the learning rate
   * @param step how many updates there have been before, from 0
   * @param decays whether this weight is one that decays
   */
  void update(
      Tensor weight, Tensor gradient, List<Tensor> slots, double rate, long step, boolean decays);
}
