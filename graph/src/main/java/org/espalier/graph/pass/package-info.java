/**
 * Passes: a model in, another model out, weights shared. {@link Canonical} and {@link Lowering}
 * make the view that executors and analyses read, so that none of them knows opsets or composites;
 * what the user gets back never goes through them.
 *
 * {@snippet :
 * Model view = Lowering.of(Canonical.of(Onnx.read(file)), Set.of("LayerNormalization"));
 * }
 */
package org.espalier.graph.pass;
