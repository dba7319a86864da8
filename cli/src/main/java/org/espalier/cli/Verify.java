package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.prune.Skipped;
import org.espalier.study.Verification;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints a certificate that a pruned network is what it says. */
@Command(
    name = "verify",
    description = {
      "Proves on random inputs that a pruned network gives the same outputs with its zeros left out"
          + " as ONNX Runtime gives with the zeros in the original's place.",
      "",
      "Where training changed the kept weights, the pruned file is compared with itself on both"
          + " executors; what it does to accuracy is for 'espalier evaluate'."
    },
    footer = {
      "",
      "Example:",
      "  espalier verify dense.onnx sparse.onnx",
      "",
      "Exit code 1 where it does not hold."
    })
final class Verify extends Verb<Verification> {
  @Parameters(index = "0", paramLabel = "ORIGINAL", description = "The network before pruning.")
  Path original;

  @Parameters(index = "1", paramLabel = "PRUNED", description = "The network after.")
  Path pruned;

  @Option(names = "--trials", description = "Random inputs; ${DEFAULT-VALUE} by default.")
  int trials = 10;

  @Option(names = "--seed", description = "Of the inputs; ${DEFAULT-VALUE} by default.")
  long seed = 1;

  @Override
  Verification call(Console console) {
    Model before = Onnx.read(original);
    Model after = Onnx.read(pruned);
    return Malformed.at(pruned, () -> Verification.of(before, after, trials, seed));
  }

  @Override
  boolean holds(Verification verification) {
    return verification.equivalent();
  }

  @Override
  void print(Verification result, PrintWriter out) {
    out.printf("equivalent        %s%n", result.equivalent() ? "yes" : "NO: " + result.reason());
    out.printf(
        "largest error     %.2e relative, %.0e allowed%n",
        result.maxRelativeError(), Verification.TOLERANCE);
    out.printf("removed           %s weights%n", Units.count(result.removed()));
    out.printf(
        "constants         %d identical, %d masked, %d retrained%n",
        result.changes().identical(), result.changes().masked(), result.changes().retrained());
    out.printf(
        "compared          %s with ONNX Runtime, %d inputs%n", result.executor(), result.trials());
    out.printf("inputs            seed %d, sha256 %s%n", result.seed(), result.inputsHash());
    for (Skipped frozen : result.frozen()) {
      out.printf("frozen            '%s': %s%n", frozen.node(), frozen.reason());
    }
  }
}
