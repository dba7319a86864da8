package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.espalier.study.Outputs;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the reference networks, or writes one. */
@Command(
    name = "zoo",
    description = "Lists the reference networks, or writes one as ONNX with initial weights.",
    footer = {
      "",
      "Examples:",
      "  espalier zoo",
      "  espalier zoo resnet20 -o resnet20.onnx --seed 7"
    })
final class ZooVerb extends Verb<Object> {
  /** What was written. */
  record Written(Path file, long parameters, long macs, long bytes) {}

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The network to write.")
  String name;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Where to write it; NAME.onnx by default.")
  Path output;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the initial weights; ${DEFAULT-VALUE} by default.")
  long seed;

  @Override
  Object call(Console console) {
    if (name == null) {
      if (output != null) {
        throw new InvalidInputException(
            "-o needs the name of a network; 'espalier zoo' lists them");
      }
      return Zoo.names();
    }
    Path file = output == null ? Path.of(name + ".onnx") : output;
    Outputs.check(file);
    Model model = Zoo.build(name, seed);
    Onnx.write(model, file);
    Inspection inspection = Inspection.of(model);
    return new Written(file, inspection.parameters(), inspection.macs(), inspection.bytes());
  }

  @Override
  void print(Object result, PrintWriter out) {
    if (result instanceof Written(Path file, long parameters, long macs, long bytes)) {
      out.printf(
          "%s: %s parameters, %s MACs, %s%n",
          file, Units.count(parameters), Units.count(macs), Units.bytes(bytes));
      return;
    }
    Table table = new Table("network", "parameters", "inputs", "paper");
    for (String network : Zoo.names()) {
      Zoo.Description about = Zoo.describe(network);
      table.row(network, Units.count(about.parameters()), about.inputs(), about.paper());
    }
    table.print(out);
  }
}
