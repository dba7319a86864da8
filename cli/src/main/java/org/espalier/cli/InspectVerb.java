package org.espalier.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.Engine;
import org.espalier.engine.Options;
import org.espalier.engine.Session;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.onnx.Onnx;
import org.espalier.study.bench.LayerTimes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is in a file. */
@Command(
    name = "inspect",
    description = "Shows what is in a file, and where its parameters and MACs go.",
    footer = {
      "",
      "Examples:",
      "  espalier inspect model.onnx",
      "  espalier inspect model.onnx --shapes input=1x3x224x224 --json",
      "  espalier inspect model.onnx --coupling",
      "  espalier inspect pruned.onnx --plan"
    })
final class InspectVerb extends Verb<InspectVerb.Result> {
  private static final double MEASURED_SECONDS = 0.5;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  Path model;

  @Mixin ShapeArguments shapes;

  @Option(
      names = "--coupling",
      description = "Show which channels of which weights can only go together, and what can't go.")
  boolean coupling;

  @Option(
      names = "--plan",
      description = "Show how the engine would run each layer here and now, and why.")
  boolean plan;

  @Option(
      names = "--plan-cache",
      description =
          "With --plan: keep what is measured for it beside MODEL, and use what is there.")
  boolean planCache;

  /** What is in the file and, where asked for, what is coupled and how the engine runs it. */
  record Result(
      @JsonUnwrapped Inspection inspection,
      @JsonUnwrapped Couplings coupling,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<List<LayerTimes.Row>> plan) {}

  @Override
  Result call(Console console) {
    refuseWithout(plan, "--plan", "--plan-cache");
    Model read = Onnx.read(model);
    Map<String, Shape> given = shapes.shapes();
    Inspection inspection = Malformed.at(model, () -> Inspection.of(read, given));
    Couplings coupled = coupling ? Malformed.at(model, () -> Couplings.of(read)) : Couplings.NONE;
    return new Result(
        inspection, coupled, plan ? Optional.of(plan(read, inspection)) : Optional.empty());
  }

  /** The engine's plan for inputs of these shapes, and how long its layers take here and now. */
  private List<LayerTimes.Row> plan(Model read, Inspection inspection) {
    Map<String, Shape> shapes = inspection.inputs();
    var inputs = new LinkedHashMap<String, Tensor>();
    for (ValueInfo input : read.graph().requiredInputs()) {
      Optional<long[]> sizes = Optional.ofNullable(shapes.get(input.name())).flatMap(Shape::sizes);
      if (sizes.isEmpty() || !(input.type() instanceof Type.TensorType(DataType type, _))) {
        throw new InvalidInputException(
            "--plan: the shape of input '%s' isn't known; give it with --shapes %s=DxDx..."
                .formatted(input.name(), input.name()));
      }
      inputs.put(input.name(), Tensor.allocate(type, sizes.get()));
    }
    Options options = Options.standard();
    try (Session session =
        Engine.compile(read, planCache ? options.withPlanCacheBeside(model) : options)) {
      return LayerTimes.of(session, read, inspection, inputs, MEASURED_SECONDS).layers();
    }
  }

  @Override
  void print(Result result, PrintWriter out) {
    Inspection inspection = result.inspection();
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
    result.coupling().print(out);
    result.plan().ifPresent(layers -> print(layers, out));
  }

  private static void print(List<LayerTimes.Row> layers, PrintWriter out) {
    out.println();
    Table table =
        new Table(
            "layer", "op", "kernel", "layout", "density", "expected us", "us", "GFLOP/s", "reason");
    for (LayerTimes.Row layer : layers) {
      table.row(
          layer.layer(),
          layer.op(),
          layer.kernel(),
          layer.layout(),
          "%.3f".formatted(layer.density()),
          layer.expectedMicros() == 0 ? "-" : "%.1f".formatted(layer.expectedMicros()),
          "%.1f".formatted(layer.micros()),
          layer.gflops().map(flops -> "%.1f".formatted(flops.useful())).orElse("-"),
          layer.reason());
    }
    table.print(out);
  }
}
