/**
 * Measures, compares and reports: what the command prints is computed here. {@link
 * org.espalier.study.bench.Benchmark} times the engine against ONNX Runtime, {@link
 * org.espalier.study.Verification} proves that a pruned file does what it should, {@link
 * org.espalier.study.Quickstart} goes the whole path once.
 *
 * {@snippet :
 * Verification proof = Verification.of(dense, sparse, 10, 1);
 * System.out.println(proof.equivalent() + " " + proof.reason());
 * }
 *
 * <p>Pages for people are made in {@code report}; accuracy is measured by {@code train}'s {@link
 * org.espalier.train.Evaluation}.
 */
package org.espalier.study;
