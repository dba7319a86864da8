/**
 * Rules that methods which train are put together from: terms of the loss, examples, offsets. Each
 * is a {@link org.espalier.train.TrainingRule} that knows nothing of the others.
 */
package org.espalier.train.rule;
