/**
 * What single nodes compute, in plain Java: the reference for executors, their fallback, and the
 * arithmetic behind constant folding. Start from {@link org.espalier.graph.eval.Evaluator}.
 *
 * {@snippet :
 * Node add = Node.of("Add", List.of("a", "b"), List.of("sum"));
 * List<Tensor> sum = Evaluator.evaluate(add, List.of(Tensor.scalar(2f), Tensor.scalar(3f)));
 * }
 *
 * <p>Each family of operators is a table of rules. Elements of every type are read and written as
 * short runs of doubles or longs, so that a rule is a loop over an array; operators that only move
 * elements are strided copies.
 */
package org.espalier.graph.eval;
