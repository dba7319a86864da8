package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.onnx.Onnx;
import org.espalier.study.LatencyMeter;
import org.espalier.study.latency.LatencyTable;
import org.espalier.study.latency.LayerLatencies;
import org.espalier.study.report.Progress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How long layers take at other widths. */
@Command(
    name = "latency",
    description = {
      "Times the layers of a network at several widths on this machine.",
      "",
      "That tells what removing channels would save, layer by layer, and from which width to which"
          + " it saves nothing. A budget such as 'espalier prune --budget latency=0.6x' chooses"
          + " widths by it.",
      "",
      "What was measured is kept for the next time, whatever the network."
    },
    footer = {
      "",
      "Examples:",
      "  espalier latency resnet50.onnx",
      "  espalier latency resnet50.onnx --executor engine --threads 1 --json"
    })
final class LatencyVerb extends Verb<LatencyTable> {
  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  Path model;

  @Option(
      names = "--executor",
      paramLabel = "NAME",
      description = "What runs the layers: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Runner executor = Runner.ONNXRUNTIME;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that a layer runs on; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = Range.THREADS)
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--layer-times",
      paramLabel = "FILE",
      description = "Where times are kept; a file in the user's cache folder by default.")
  Path layerTimes;

  @Override
  LatencyTable call(Console console) {
    Model read = Onnx.read(model);
    Path cache = layerTimes == null ? LayerLatencies.usualCache() : layerTimes;
    return Malformed.at(
        model,
        () ->
            LayerLatencies.of(read, shapes(read), executor.timer(threads), cache, console).table());
  }

  /** The shapes of what the model takes, as a latency budget would run it. */
  private Map<String, Shape> shapes(Model read) {
    try (LatencyMeter meter =
        new LatencyMeter(read, any -> executor.compile(any, threads), Progress.NONE)) {
      return meter.shapes();
    }
  }

  @Override
  void print(LatencyTable table, PrintWriter out) {
    out.printf("%s, %s, %s%n%n", table.executor(), Units.threads(table.threads()), table.cpu());
    Table rows = new Table("layers", "layer", "in", "out", "ms", "of the whole width");
    for (LatencyTable.Layer layer : table.layers()) {
      double whole =
          layer.points().stream()
              .filter(point -> point.width().equals(layer.width()))
              .mapToDouble(LatencyTable.Point::ms)
              .findFirst()
              .orElse(Double.NaN);
      boolean first = true;
      for (LatencyTable.Point point : layer.points()) {
        rows.row(
            first ? named(layer) : "",
            first ? layer.layer() : "",
            Integer.toString(point.width().in()),
            Integer.toString(point.width().out()),
            "%.4f".formatted(point.ms()),
            Units.percent(point.ms() / whole));
        first = false;
      }
    }
    rows.print(out);
  }

  private static String named(LatencyTable.Layer layer) {
    int more = layer.names().size() - 1;
    return layer.names().getFirst() + (more > 0 ? " and " + more + " more" : "");
  }
}
