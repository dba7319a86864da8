/**
 * What a method may know of a network beside its weights: the inputs of its layers, gradients,
 * curvature. {@link org.espalier.prune.evidence.Evidence} is gathered on a {@link
 * org.espalier.prune.evidence.Calibration}, as far as methods {@linkplain
 * org.espalier.prune.evidence.Need declare} it.
 *
 * {@snippet :
 * try (Evidence evidence = Evidence.of(model, Set.of("fc.weight"), calibration)) {
 *   Gram gram = evidence.gram("fc.weight"); // what its inputs have in common, over all examples
 * }
 * }
 *
 * <p>Weights go by name here: which ones are prunable, and how they are seen as matrices, {@link
 * org.espalier.prune.Layers} knows.
 */
package org.espalier.prune.evidence;
