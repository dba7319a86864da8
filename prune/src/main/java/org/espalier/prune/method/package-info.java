/**
 * The published methods that prune a finished network, one class for each: {@link
 * org.espalier.prune.method.Wanda} is a short one that scores weights, {@link
 * org.espalier.prune.method.SparseGpt} one that solves layers. Register a new one in {@code
 * META-INF/services/org.espalier.prune.Method}.
 *
 * {@snippet :
 * Outcome out = Recipe.named("wanda").sparsity(0.5).apply(model, calibration);
 * }
 */
package org.espalier.prune.method;
