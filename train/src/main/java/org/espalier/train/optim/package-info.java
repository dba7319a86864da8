/**
 * How gradients become updates: an {@link org.espalier.train.optim.Optimizer}, the {@link
 * org.espalier.train.optim.LearningRate} of each step, {@link org.espalier.train.optim.WeightDecay}
 * and {@link org.espalier.train.optim.Clipping}.
 *
 * {@snippet :
 * Optimizer sgd = new Sgd(0.9, true, WeightDecay.coupled(1e-4));
 * LearningRate rate = new LearningRate.WarmUp(1, new LearningRate.Cosine(0.1, 0));
 * }
 *
 * <p>All are values without state. What an optimiser remembers of a weight is a few tensors that
 * the trainer keeps, masks and writes to checkpoints.
 */
package org.espalier.train.optim;
