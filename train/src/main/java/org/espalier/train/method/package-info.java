/**
 * Methods that prune while a network trains, as {@code espalier train --recipe} finds them. Each is
 * a {@link org.espalier.train.TrainingMethod} that puts together rules, its own and others'.
 *
 * {@snippet :
 * var method = (TrainingMethod) Methods.named("gradual-magnitude");
 * Regimen regimen = method.plan(task); // data, options and rules
 * }
 */
package org.espalier.train.method;
