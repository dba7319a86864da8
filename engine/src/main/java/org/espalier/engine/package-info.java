/**
 * Runs ONNX models fast, in pure Java, and faster the sparser their weights are. {@link
 * org.espalier.engine.Engine} compiles a model to a {@link org.espalier.engine.Session}, which any
 * number of threads may run.
 *
 * {@snippet :
 * try (Session session = Engine.compile(Onnx.read(Path.of("small.onnx")))) {
 *   Tensor logits = session.run(image);
 *   session.plan().forEach(System.out::println); // each layer's kernel, and why
 * }
 * }
 *
 * <p>Compile passes live in {@code plan}, loops in {@code kernel}.
 */
package org.espalier.engine;
