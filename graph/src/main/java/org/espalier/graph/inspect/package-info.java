/**
 * What is in a model: {@link org.espalier.graph.inspect.Inspection} counts parameters, non-zeros,
 * multiply-accumulates and bytes, layer by layer.
 *
 * {@snippet :
 * Inspection inspection = Inspection.of(Zoo.build("resnet50", 1));
 * inspection.parameters(); // 25557032
 * inspection.macs(); // 4089184256 for one image
 * }
 *
 * <p>{@link org.espalier.graph.inspect.Parameters} says which tensors of a graph are trained.
 */
package org.espalier.graph.inspect;
