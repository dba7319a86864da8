/**
 * Rules that methods which train are put together from: terms of the loss, examples, offsets. Each
 * is a {@link org.espalier.train.TrainingRule} that knows nothing of the others.
 *
 * {@snippet :
 * Trainer trainer = new Trainer(model, options).with(new Sharpness(0.05, false, 0));
 * }
 */
package org.espalier.train.rule;
