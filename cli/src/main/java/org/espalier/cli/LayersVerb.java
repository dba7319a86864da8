package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.prune.Pattern;
import org.espalier.study.bench.LayerStudy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Times each layer of a model alone. */
@Command(
    name = "layers",
    description = {
      "Times each layer of a model alone, pruned to several sparsities, on our engine, with the"
          + " dense layer on ONNX Runtime beside it: from where on zeros pay."
    },
    footer = {
      "",
      "Examples:",
      "  espalier layers resnet50.onnx --threads 1",
      "  espalier layers bert.onnx --sparsity 0.9 --pattern 4x1,8x1 --json"
    })
final class LayersVerb extends Verb<LayerStudy> {
  @Parameters(paramLabel = "MODEL", description = "An ONNX file, dense.")
  Path model;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads for the engine and for ONNX Runtime; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = Range.THREADS)
  int threads = 1;

  @Option(
      names = "--sparsity",
      split = ",",
      paramLabel = "SHARE",
      description = "Which shares of each layer's weights are zero; 0.7,0.8,0.9,0.95 by default.")
  @Range(from = 0, below = 1)
  List<Double> sparsities = LayerStudy.SPARSITIES;

  @Option(
      names = "--pattern",
      split = ",",
      paramLabel = "PATTERN",
      description = "Which weights go together; unstructured,4x1 by default.")
  List<String> patterns = List.of("unstructured", "4x1");

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      description =
          "How long each is measured, after as long a warm-up; ${DEFAULT-VALUE} by default.")
  @Range(above = 0, to = Range.DAY)
  double seconds = 0.4;

  @Override
  LayerStudy call(Console console) {
    List<Pattern> parsed = patterns.stream().map(Pattern::parse).toList();
    Model read = Onnx.read(model);
    return Malformed.at(
        model, () -> LayerStudy.of(read, parsed, sparsities, threads, seconds, console));
  }

  @Override
  void print(LayerStudy study, PrintWriter out) {
    Table table =
        new Table(
            "layer",
            "times",
            "ONNX Runtime ms",
            "pattern",
            "zeros",
            "ms",
            "ratio",
            "inside ms",
            "ratio",
            "useful GFLOP/s",
            "kernel");
    for (LayerStudy.Row row : study.layers()) {
      for (LayerStudy.Cell cell : row.cells()) {
        table.row(
            row.sizes(),
            Integer.toString(row.count()),
            Units.millis(row.onnxruntimeMs()),
            cell.pattern(),
            Units.percent(cell.sparsity()),
            Units.millis(cell.ms()),
            "%.2f".formatted(cell.ratio()),
            "%.4f".formatted(cell.innerMs()),
            "%.2f".formatted(cell.innerRatio()),
            "%.1f".formatted(cell.gflops().useful()),
            cell.kernel());
      }
    }
    table.print(out);
    out.println();
    for (LayerStudy.Mean mean : study.means()) {
      out.printf(
          "%s, %s zeros: %.2f times as fast as ONNX Runtime, inside a network %.2f times;"
              + " the geometric mean of %d layers%n",
          mean.pattern(),
          Units.percent(mean.sparsity()),
          mean.ratio(),
          mean.innerRatio(),
          mean.layers());
    }
  }
}
