package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.onnx.Onnx;
import org.espalier.prune.Skipped;
import org.espalier.study.Outputs;
import org.espalier.study.Verification;
import org.espalier.study.proof.Battery;
import org.espalier.study.proof.BatteryReport;
import org.espalier.study.proof.Inputs;
import org.espalier.study.proof.RemovalProof;
import org.espalier.study.proof.RemovedGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Proves that a pruned network is what it says, or that a network can be pruned at all. */
@Command(
    name = "verify",
    description = {
      "Proves that a network is another, pruned, or that a network can be pruned at all.",
      "",
      "With two files, proves on random inputs that the second is the first, pruned, and prints a"
          + " certificate. Where weights are zero: it gives the same outputs with them left out as"
          + " ONNX Runtime gives with the zeros in the original's place. Where channels are gone:"
          + " it gives what the original gives with those channels masked.",
      "",
      "Where training or repair changed the kept weights, the pruned file is compared with itself"
          + " on both executors; what that does to accuracy is for 'espalier evaluate'.",
      "",
      "With one file, tries random removals of channels on it, and proves each of them: reordered"
          + " channels change nothing; what is left equals the original under masks, and with the"
          + " weights at zero that read the channels; the written file costs what was predicted."
    },
    footer = {
      "",
      "Examples:",
      "  espalier verify dense.onnx sparse.onnx",
      "  espalier verify dense.onnx small.onnx --certificate small.json",
      "  espalier verify dense.onnx --trials 50 --seed 1",
      "",
      "Exit code 1 where the proof does not hold."
    })
final class VerifyVerb extends Verb<Object> {
  /** How many lines of a kind are printed for people; JSON has them all. */
  private static final int LINES = 12;

  @Parameters(index = "0", paramLabel = "ORIGINAL", description = "The network before pruning.")
  Path original;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PRUNED",
      description = "The network after.")
  Path pruned;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description =
          "How many random inputs, and with one file how many removals; ${DEFAULT-VALUE} by"
              + " default.")
  @Range(from = 1)
  int trials = 10;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of all that is drawn; ${DEFAULT-VALUE} by default.")
  long seed = 1;

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description =
          "Also write the certificate, with the SHA-256 of both networks, as JSON; with two files.")
  Path certificate;

  @Override
  Object call(Console console) {
    if (pruned == null) {
      if (certificate != null) {
        throw new InvalidInputException(
            "--certificate is for ORIGINAL and PRUNED; with one file nothing was pruned");
      }
      Model model = Onnx.read(original);
      List<Map<String, Tensor>> given = Inputs.beside(original, model);
      return Malformed.at(original, () -> Battery.run(model, given, trials, seed, console));
    }
    if (certificate != null) {
      Proof.check(certificate, original, pruned);
      Outputs.keepsModel(pruned, certificate);
    }
    Object proof = Proof.between(original, pruned, trials, seed, console);
    if (certificate != null) {
      Proof.of(original, pruned, proof).write(certificate);
    }
    return proof;
  }

  @Override
  boolean holds(Object result) {
    return result instanceof BatteryReport report ? report.holds() : Proof.holds(result);
  }

  @Override
  void print(Object result, PrintWriter out) {
    switch (result) {
      case BatteryReport report -> print(report, out);
      case RemovalProof proof -> print(proof, out);
      case Verification verification -> print(verification, out);
      default -> throw new IllegalStateException(result.toString());
    }
    if (certificate != null) {
      out.printf("certificate       %s%n", certificate);
    }
  }

  private static void print(BatteryReport report, PrintWriter out) {
    out.printf(
        "trials            %d, %s%n",
        report.trials(), report.holds() ? "all hold" : report.failures() + " FAILED");
    if (!report.note().isEmpty()) {
      out.printf("note              %s%n", report.note());
    }
    out.printf(
        "largest error     %.2e relative, in %d comparisons in double precision%n",
        report.maxRelativeError(), report.doubled());
    out.printf(
        "prunable          %.1f%% of %s parameters: %d groups, %s channels%n",
        100 * report.prunableShare(),
        Units.count(report.parameters()),
        report.groups(),
        Units.count(report.channels()));
    out.printf("zero weights      prove %d of the removals too%n", report.consumerZero());
    out.printf("inputs            seed %d, sha256 %s%n", report.seed(), report.inputsHash());
    for (BatteryReport.Failed failed : report.failed()) {
      out.printf("FAILED            --trials 1 --seed %d%n", failed.seed());
      failed.reasons().forEach(reason -> out.printf("  %s%n", reason));
      print(failed.removed(), out);
    }
    printFrozen(report.frozen(), out);
  }

  private static void print(RemovalProof proof, PrintWriter out) {
    out.printf("equivalent        %s%n", proof.equivalent() ? "yes" : "NO: " + proof.reason());
    out.printf("largest error     %.2e relative%n", proof.maxRelativeError());
    out.printf("removed           %s parameters%n", Units.count(proof.removed()));
    proof.blocks().forEach(block -> out.printf("  without '%s'%n", block));
    print(proof.groups(), out);
    if (!proof.guessed().isEmpty()) {
      out.printf(
          "                  which channels of %d groups isn't known: all their weights changed%n",
          proof.guessed().size());
    }
    out.printf(
        "kept weights      %s%n",
        proof.changed().isEmpty()
            ? "the original's; compared with the original under masks"
            : proof.changed().size()
                + " weights changed after pruning; the engine was compared with ONNX Runtime");
    out.printf(
        "inputs            %d, seed %d, sha256 %s%n",
        proof.trials(), proof.seed(), proof.inputsHash());
    printFrozen(proof.frozen(), out);
  }

  private static void print(List<RemovedGroup> groups, PrintWriter out) {
    for (RemovedGroup group : groups) {
      out.printf("  '%s': %d of %d channels%n", group.group(), group.channels().size(), group.of());
    }
  }

  /** Many values stay for the same reason: one line for each reason. */
  private static void printFrozen(List<BatteryReport.Reason> frozen, PrintWriter out) {
    Map<String, List<BatteryReport.Reason>> reasons =
        frozen.stream()
            .collect(
                Collectors.groupingBy(
                    BatteryReport.Reason::reason, TreeMap::new, Collectors.toList()));
    reasons.entrySet().stream()
        .limit(LINES)
        .forEach(
            reason ->
                out.printf(
                    "frozen            %s: '%s'%s%n",
                    reason.getKey(),
                    reason.getValue().getFirst().value(),
                    reason.getValue().size() > 1
                        ? " and " + (reason.getValue().size() - 1) + " more"
                        : ""));
    if (reasons.size() > LINES) {
      out.printf("frozen            %d other reasons; --json lists all%n", reasons.size() - LINES);
    }
  }

  private static void print(Verification result, PrintWriter out) {
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
