package org.espalier.study;

import java.util.List;
import org.espalier.prune.Certificate;
import org.espalier.prune.Skipped;
import org.espalier.prune.structured.BlockCertificate;
import org.espalier.prune.structured.ChannelCertificate;
import org.espalier.study.bench.Benchmark;

/**
 * A file pruned into another, with the account of it.
 *
 * @param latency measured on this machine, ONNX Runtime on the original; null where it wasn't asked
 *     for or the engine can't run the model
 * @param certificate of single weights; null where none went
 * @param channels the certificate of channels; null where none went
 * @param blocks the certificate of residual blocks; null where none went
 * @param latencyNote why there is no latency; empty where there is
 */
public record Pruning(
    ModelSize before,
    ModelSize after,
    Reached budget,
    Benchmark latency,
    String latencyNote,
    List<Skipped> skipped,
    Certificate certificate,
    ChannelCertificate channels,
    BlockCertificate blocks,
    double seconds) {

  /** What was asked for, what came out, and why they differ where they do. */
  public record Reached(String asked, String reached, String note) {}

  public Pruning {
    skipped = List.copyOf(skipped);
  }
}
