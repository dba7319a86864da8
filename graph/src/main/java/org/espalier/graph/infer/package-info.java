/**
 * Shapes and element types of all values of a model, with symbolic sizes. {@link
 * org.espalier.graph.infer.Shapes} is the answer; what couldn't be told is a {@link
 * org.espalier.graph.infer.Gap}, never a guess.
 *
 * {@snippet :
 * Shapes shapes = Shapes.infer(model);
 * shapes.shape("logits").ifPresent(System.out::println); // [N, 10]
 * shapes.gaps().forEach(System.out::println);
 * }
 *
 * <p>One small rule for each operator, in families, says how outputs come from inputs; sizes are
 * expressions that are compared by their canonical form. Values of operators without a rule have
 * the shape that the file declares, where it does.
 */
package org.espalier.graph.infer;
