/**
 * Networks written in Java. A {@link org.espalier.graph.build.GraphBuilder} takes inputs, outputs
 * and nodes; a {@link org.espalier.graph.build.Value} is what flows between them, with a method for
 * each common layer. Weights are drawn from a seed: the same seed gives the same bytes anywhere.
 *
 * {@snippet :
 * GraphBuilder g = GraphBuilder.of("digits", 42);
 * Value x = g.input("input", 1, 28, 28); // [N, 1, 28, 28]
 * x = x.conv("conv1", 8, kernel(5).stride(2)).batchNorm("bn1").relu();
 * x = x.flatten().linear("fc", 10);
 * Model model = g.output("logits", x).build();
 * }
 *
 * <p>Graphs use ONNX's own operators, of opset 21 unless told otherwise. Whole networks are in
 * {@code zoo}.
 */
package org.espalier.graph.build;
