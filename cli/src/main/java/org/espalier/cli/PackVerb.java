package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import org.espalier.graph.pass.Storage;
import org.espalier.study.Packed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a pruned network to a smaller file. */
@Command(
    name = "pack",
    description =
        "Writes a pruned network to a file about as small as its weights that aren't zero,"
            + " or to a plain file again.",
    footer = {
      "",
      "Examples:",
      "  espalier pack sparse.onnx -o small.onnx",
      "  espalier pack small.onnx -o plain.onnx --storage dense",
      "",
      "Every form is standard ONNX and is read back bit for bit. A compressed weight comes as its"
          + " values and the gaps between them, with nodes that put it together: ONNX Runtime"
          + " computes them once, when it loads the file, and then runs it like the plain one."
    })
final class PackVerb extends Verb<Packed> {
  @Parameters(paramLabel = "IN", description = "An ONNX file.")
  Path in;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT",
      description = "Where to write it.")
  Path out;

  @Option(
      names = "--storage",
      paramLabel = "FORM",
      description = "dense, sparse or compressed; ${DEFAULT-VALUE} by default.")
  Storage storage = Storage.COMPRESSED;

  @Option(
      names = "--unsigned-zeros",
      description =
          "Make weights that are minus zero plain zeros. A mask that was multiplied with weights"
              + " leaves many, and each is stored.")
  boolean unsigned;

  @Override
  Packed call(Console console) {
    return Packed.run(in, out, storage, unsigned);
  }

  @Override
  void print(Packed packed, PrintWriter printer) {
    long before = packed.bytes().before();
    long after = packed.bytes().after();
    printer.printf(
        "%s to %s, %s of it%n",
        Units.bytes(before), Units.bytes(after), Units.percent((double) after / before));
    Packed.Weights weights = packed.weights();
    printer.printf(
        "weights and constants: %d dense, %d sparse, %d compressed%n",
        weights.dense(), weights.sparse(), weights.compressed());
    if (packed.cleared()) {
      printer.printf("%s minus zeros made plain%n", Units.count(packed.negativeZeros()));
    } else if (packed.negativeZeros() > 0) {
      printer.printf(
          "%s weights are minus zero, and stored: --unsigned-zeros makes the file smaller%n",
          Units.count(packed.negativeZeros()));
    }
    printer.printf("%s written in %.1f s%n", out, packed.seconds());
  }
}
