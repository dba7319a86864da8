/**
 * The loops in which the engine spends its time. {@link org.espalier.engine.kernel.Kernels} is the
 * seam: a plan calls it with memory and offsets, and a provider (machine code, the Vector API,
 * plain Java) answers. Every operation has a scalar twin that reads like its formula and serves as
 * fallback and as oracle.
 *
 * {@snippet :
 * Kernels kernels = Kernels.best();
 * kernels.affine(2, -1, x, 0, y, 0, count, Bounds.RELU); // y = max(0, 2 x - 1)
 * }
 *
 * <p>Arguments are checked when a plan is compiled. Offsets and strides are in bytes; memory starts
 * on a multiple of 64 bytes.
 */
package org.espalier.engine.kernel;
