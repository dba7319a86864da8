package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.espalier.graph.Executor;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.train.Evaluation;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures a model's accuracy. */
@Command(
    name = "evaluate",
    description =
        "Measures accuracy, or for a language model perplexity, on the test part of some data.",
    footer = {
      "",
      "Examples:",
      "  espalier evaluate sparse.onnx --data mnist/",
      "  espalier evaluate chargpt.onnx --data text.txt --vocabulary vocab.json \\",
      "      --context 128",
      "",
      "Data that come in one part are divided: of images and tables a fifth is the test part,"
          + " of a text the last tenth."
    })
final class EvaluateVerb extends Verb<EvaluateVerb.Result> {
  /**
   * How it did.
   *
   * @param accuracy percent; null for a language model
   * @param perplexity null for others
   */
  record Result(
      Double accuracy,
      Double perplexity,
      double loss,
      long samples,
      String dataHash,
      String data) {}

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  Path model;

  @ArgGroup(validate = false, heading = DataArguments.HEADING)
  DataArguments data = new DataArguments();

  @Option(
      names = "--executor",
      paramLabel = "NAME",
      description = "What runs the model: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Runner executor = Runner.ONNXRUNTIME;

  @Override
  Result call(Console console) throws IOException {
    Model read = Onnx.read(model);
    Splits splits = data.open();
    Dataset test = splits.test();
    boolean text = test.isText();
    Evaluation evaluation = Malformed.at(model, () -> evaluation(read, test, console));
    return new Result(
        text || Double.isNaN(evaluation.accuracy()) ? null : evaluation.percent(),
        text ? evaluation.perplexity() : null,
        evaluation.loss(),
        evaluation.targets(),
        test.hash(),
        splits.source());
  }

  private Evaluation evaluation(Model read, Dataset test, Console console) {
    try (Executor chosen = executor.compile(read)) {
      return Evaluation.of(
          chosen, read, test, seen -> console.at("evaluate", seen, test.size(), ""));
    }
  }

  @Override
  void print(Result result, PrintWriter out) {
    if (result.accuracy() != null) {
      out.printf("accuracy    %.2f%%%n", result.accuracy());
    }
    if (result.perplexity() != null) {
      out.printf("perplexity  %.3f%n", result.perplexity());
    }
    out.printf("loss        %.4f%n", result.loss());
    out.printf("samples     %,d of %s%n", result.samples(), result.data());
  }
}
