package org.espalier.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.file.Path;
import java.util.List;
import org.espalier.graph.AtomicFile;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.study.FileHash;
import org.espalier.study.Outputs;
import org.espalier.study.Verification;
import org.espalier.study.proof.Inputs;
import org.espalier.study.proof.RemovalProof;
import org.espalier.study.report.Progress;

/**
 * That one file is another, pruned, with the two files that this was found of.
 *
 * @param kind {@code removal} of channels, or {@code zeros}
 * @param original the files that the original is read from
 * @param pruned the files that the pruned model is read from
 * @param proof a {@link RemovalProof} or a {@link Verification}
 */
record Proof(
    String product, String kind, List<FileHash> original, List<FileHash> pruned, Object proof) {
  static final int TRIALS = 10;
  static final long SEED = 1;

  /** Proves it on random inputs, or on those beside the original where it takes no others. */
  static Object between(Path original, Path pruned, int trials, long seed, Progress progress) {
    Model before = Onnx.read(original);
    Model after = Onnx.read(pruned);
    return Malformed.at(
        pruned,
        () ->
            RemovalProof.isNeeded(before, after)
                ? RemovalProof.of(
                    before, after, Inputs.beside(original, before), trials, seed, progress)
                : Verification.of(before, after, trials, seed));
  }

  static Proof of(Path original, Path pruned, Object proof) {
    return new Proof(
        Version.product(),
        proof instanceof RemovalProof ? "removal" : "zeros",
        FileHash.ofModel(original),
        FileHash.ofModel(pruned),
        proof);
  }

  /** Whether what was proved holds. */
  static boolean holds(Object proof) {
    return switch (proof) {
      case RemovalProof removal -> removal.equivalent();
      case Verification verification -> verification.equivalent();
      default -> throw new IllegalStateException(proof.toString());
    };
  }

  /** Checks that a certificate can be written there and takes the place of no model. */
  static void check(Path file, Path original, Path pruned) {
    Outputs.check(file);
    Outputs.keepsModel(original, file);
    Outputs.differ(file, pruned, "the pruned network and its certificate");
  }

  /** Writes it as JSON, whole or not at all. */
  void write(Path file) {
    try {
      AtomicFile.write(file, Json.MAPPER.writeValueAsString(this) + "\n");
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
