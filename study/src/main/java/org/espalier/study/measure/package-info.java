/**
 * What a network is like beside its accuracy, and what pruning changes of it. A {@link
 * org.espalier.study.measure.Measurement} is of one network or of two; {@link
 * org.espalier.study.measure.Measurements} holds the list and runs them.
 *
 * {@snippet :
 * Measurements found =
 *     Measurements.of(List.of("calibration"), dense, Optional.of(pruned), data, Settings.USUAL);
 * double ece = found.findings().getFirst().findings().number("ece");
 * }
 *
 * <p>To add one: a class of {@code OfOne} or {@code OfTwo}, and a line in {@code Measurements.ALL}.
 * It asks its {@link org.espalier.study.measure.Subject} for answers and derivatives, which are
 * computed once, and throws {@link org.espalier.graph.InvalidInputException} where there is nothing
 * to measure.
 */
package org.espalier.study.measure;
