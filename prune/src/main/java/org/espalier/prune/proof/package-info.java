/**
 * Proofs that channels can go. They make models that must compute the same as another: an original
 * with its channels in another order ({@link org.espalier.prune.proof.Permutation}), or with those
 * to be removed masked where they are read ({@link org.espalier.prune.proof.Masked}) or where their
 * weights are ({@link org.espalier.prune.proof.ConsumerZero}). Who runs and compares them is up to
 * the caller.
 *
 * {@snippet :
 * Masked masked = Masked.of(coupling);
 * try (Executor whole = compiler.apply(masked.model())) {
 *   whole.run(masked.inputs(inputs, removal)); // what the model without the channels must give
 * }
 * }
 *
 * <p>What changes from one removal to the next, masks and orders, are inputs of these models: each
 * is made once.
 */
package org.espalier.prune.proof;
