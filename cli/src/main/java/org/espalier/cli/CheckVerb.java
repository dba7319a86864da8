package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.onnx.Onnx;
import org.espalier.reference.Check;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs models on an executor and compares with what is expected. */
@Command(
    name = "check",
    description = {
      "Runs models on an executor and compares the outputs with the expected ones.",
      "",
      "A folder with model.onnx and test_data_set_* has its own expectations, and a folder of such"
          + " folders is walked. A lone .onnx file gets random inputs, and ONNX Runtime is the"
          + " reference.",
      "",
      "An element's relative error is |y - expected| / (|expected| + scale / 100), where scale is"
          + " the largest magnitude of its tensor: 1e-3 is allowed for float32."
    },
    footer = {
      "",
      "Examples:",
      "  espalier check model.onnx",
      "  espalier check conformance/node --executor torch --json",
      "",
      "Exit code 1 where a case fails. A case that the executor refuses is unsupported, not failed."
    })
final class CheckVerb extends Verb<Check.Report> {
  @Parameters(arity = "1..*", paramLabel = "PATH", description = "ONNX files and folders of cases.")
  List<Path> paths;

  @Option(
      names = "--executor",
      paramLabel = "NAME",
      description = "What runs the models: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Runner executor = Runner.ENGINE;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of random inputs; ${DEFAULT-VALUE} by default.")
  long seed = 1;

  @Override
  Check.Report call(Console console) {
    var cases = new ArrayList<Check.CaseResult>();
    Check check =
        Check.with(executor::compile)
            .withSeed(seed)
            .telling(
                result -> {
                  cases.add(result);
                  console.at("check", cases.size(), 0, result.name());
                });
    paths.stream().filter(Files::isRegularFile).forEach(CheckVerb::readable);
    Check.Report report = Check.Report.joined(paths.stream().map(check::run).toList());
    if (report.cases().isEmpty()) {
      throw new InvalidInputException(
          "%s: no .onnx file and no folder with model.onnx and test_data_set_*"
              .formatted(paths.stream().map(Path::toString).collect(Collectors.joining(", "))));
    }
    return report;
  }

  /** A file that was named and isn't a sound model is bad input; in a folder it's a failed case. */
  private static void readable(Path file) {
    Model model = Onnx.read(file);
    Malformed.at(file, () -> Shapes.infer(model));
  }

  @Override
  boolean holds(Check.Report report) {
    return report.failed() == 0;
  }

  @Override
  void print(Check.Report report, PrintWriter out) {
    for (Check.CaseResult one : report.cases()) {
      if (one.status() != Check.Status.PASSED) {
        String reasons = one.reason().strip().replace("\n", "%n  ".formatted());
        out.printf("%s %s: %s%n", one.status(), one.name(), reasons);
      }
    }
    out.printf(
        "%d passed, %d failed, %d unsupported%n",
        report.passed(), report.failed(), report.unsupported());
    report.cases().stream()
        .filter(one -> one.status() == Check.Status.PASSED && one.maxRelativeError() > 0)
        .max(Comparator.comparingDouble(Check.CaseResult::maxRelativeError))
        .ifPresent(
            one ->
                out.printf(
                    "largest relative error %.1e, of %s%n", one.maxRelativeError(), one.name()));
  }
}
