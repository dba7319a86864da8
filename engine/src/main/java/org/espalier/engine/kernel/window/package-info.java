/**
 * Windows that move over planes: what a kernel for them is given, for those who write such kernels
 * and those who call them.
 */
package org.espalier.engine.kernel.window;
