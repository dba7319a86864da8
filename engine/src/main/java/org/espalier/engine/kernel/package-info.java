/**
 * The loops in which the engine spends its time. {@link org.espalier.engine.kernel.Kernels} is the
 * seam: a plan calls it with memory and offsets, and a provider (the Vector API, plain Java, later
 * perhaps generated machine code) answers. Every operation has a scalar twin that reads like its
 * formula and serves as fallback and as oracle.
 *
 * {@snippet :
 * Kernels kernels = Kernels.best();
 * kernels.sparsePanel(weights, 0, weights.rows(), x, 0, y, 0, rowBytes, 4, Bounds.NONE);
 * }
 *
 * <p>Arguments are checked when a plan is compiled. Offsets and strides are in bytes; memory starts
 * on a multiple of 64 bytes.
 */
package org.espalier.engine.kernel;
