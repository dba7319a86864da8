/**
 * Reference networks, built as ONNX with seeded initial weights. {@link org.espalier.graph.zoo.Zoo}
 * lists them; each family is a class that reads like its paper's table.
 *
 * {@snippet :
 * Model model = Zoo.build("resnet20", 42);
 * Onnx.write(model, Path.of("resnet20.onnx"));
 * }
 *
 * <p>Images come in as {@code input} [N, channels, height, width], tokens as {@code input_ids} [N,
 * S]; results leave as {@code logits}. BatchNormalization stays a node of its own, so that it can
 * be trained. Its statistics start as mean 0 and variance 1, so residual branches start scaled down
 * by the root of their number: a network of any depth then begins with outputs of a usable size.
 */
package org.espalier.graph.zoo;
