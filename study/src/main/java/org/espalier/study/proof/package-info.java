/**
 * Proofs that removing channels changes nothing but what was removed, run in ONNX Runtime. {@link
 * org.espalier.study.proof.Battery} tries random removals on one model; {@link
 * org.espalier.study.proof.RemovalProof} certifies one pruned file against its original. What is
 * compared with what is made in {@code org.espalier.prune.proof}.
 */
package org.espalier.study.proof;
