/**
 * The ONNX model as data. A {@link org.espalier.graph.Model} holds a {@link
 * org.espalier.graph.Graph} of {@link org.espalier.graph.Node}s and weights ({@link
 * org.espalier.graph.Tensor}); all are immutable and every pass makes a new one.
 *
 * {@snippet :
 * Model model = Onnx.read(Path.of("resnet50.onnx"));
 * for (Node node : model.graph().nodes()) {
 *   System.out.println(node.label() + " " + node.op());
 * }
 * }
 *
 * <p>Reading and writing live in {@code onnx}, shapes in {@code infer}, rewriting in {@code pass},
 * building in {@code build}, reference networks in {@code zoo}.
 */
package org.espalier.graph;
