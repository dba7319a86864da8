/**
 * Proofs that removing channels changes nothing but what was removed, run in ONNX Runtime. {@link
 * org.espalier.study.proof.Battery} tries random removals on one model; {@link
 * org.espalier.study.proof.RemovalProof} certifies one pruned file against its original. What is
 * compared with what is made in {@code org.espalier.prune.proof}.
 *
 * {@snippet :
 * BatteryReport tried = Battery.run(model, List.of(), 10, 1, Progress.NONE);
 * RemovalProof proof = RemovalProof.of(model, pruned, 10, 1, Progress.NONE);
 * }
 */
package org.espalier.study.proof;
