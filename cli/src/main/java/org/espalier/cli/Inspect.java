package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.onnx.Onnx;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is in a file. */
@Command(
    name = "inspect",
    description = "What is in this file, and where its parameters and MACs go.",
    footer = {
      "",
      "Examples:",
      "  espalier inspect model.onnx",
      "  espalier inspect model.onnx --shape input=1,3,224,224 --json"
    })
final class Inspect extends Verb<Inspection> {
  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  Path model;

  @Option(
      names = "--shape",
      paramLabel = "INPUT=D,D,...",
      description = "The shape of an input; open axes count as 1 where none is given.")
  Map<String, String> shapes = new LinkedHashMap<>();

  @Override
  Inspection call(Console console) {
    Model read = Onnx.read(model);
    var given = new LinkedHashMap<String, Shape>();
    shapes.forEach((input, dims) -> given.put(input, shape(input, dims)));
    return Malformed.at(model, () -> Inspection.of(read, given));
  }

  private static Shape shape(String input, String dims) {
    try {
      return Shape.of(
          java.util.Arrays.stream(dims.split(",", -1)).mapToLong(Long::parseLong).toArray());
    } catch (NumberFormatException malformed) {
      throw new InvalidInputException(
          "--shape %s=%s: expected sizes such as 1,3,224,224".formatted(input, dims), malformed);
    }
  }

  @Override
  void print(Inspection inspection, PrintWriter out) {
    out.printf(
        "%s: opset %d, %s, %s parameters (%s non-zero, %s zero), %s MACs%n%n",
        model,
        inspection.opset(),
        Units.bytes(inspection.bytes()),
        Units.count(inspection.parameters()),
        Units.count(inspection.nonzeros()),
        Units.percent(
            inspection.parameters() == 0
                ? 0
                : 1 - (double) inspection.nonzeros() / inspection.parameters()),
        Units.count(inspection.macs()));
    Table table = new Table("layer", "op", "output", "parameters", "zeros", "MACs");
    for (Inspection.Layer layer : inspection.layers()) {
      table.row(
          layer.name(),
          layer.op(),
          layer.shape().map(Shape::toString).orElse("?"),
          Units.count(layer.parameters()),
          layer.parameters() == 0
              ? "-"
              : Units.percent(1 - (double) layer.nonzeros() / layer.parameters()),
          Units.count(layer.macs()));
    }
    table.print(out);
    for (Inspection.Uncounted uncounted : inspection.uncounted()) {
      out.printf(
          "not counted: '%s' (%s): %s%n", uncounted.node(), uncounted.op(), uncounted.reason());
    }
  }
}
