/**
 * What a method may know of a network beside its weights: the inputs of its layers, gradients,
 * curvature. {@link org.espalier.prune.evidence.Evidence} is gathered on a {@link
 * org.espalier.prune.evidence.Calibration}, as far as methods {@linkplain
 * org.espalier.prune.evidence.Need declare} it.
 *
 * <p>Weights go by name here: which ones are prunable, and how they are seen as matrices, {@link
 * org.espalier.prune.Layers} knows.
 */
package org.espalier.prune.evidence;
