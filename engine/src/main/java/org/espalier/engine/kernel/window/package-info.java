/**
 * Windows that move over planes: what a kernel for them is given, for those who write such kernels
 * and those who call them.
 *
 * {@snippet :
 * int width = 7; // a plane of 7x7 is one row of 49, which 3x3 windows move over
 * int pitch = Flat.Form.pitch(1, width, width, 1, 3);
 * var form = new Flat.Form(false, 1, 3, 3, 1, 1, 1, width, width, pitch, 0, true);
 * Optional<Flat> kernel = kernels.depthwise().flat(form); // empty without machine code
 * }
 */
package org.espalier.engine.kernel.window;
