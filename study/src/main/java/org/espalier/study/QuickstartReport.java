package org.espalier.study;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.inspect.Inspection;
import org.espalier.prune.Layer;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.report.Report;
import org.espalier.study.report.Report.Chart;
import org.espalier.study.report.Report.Figure;
import org.espalier.study.report.Report.Series;
import org.espalier.train.data.Datasets;

/** The page that a quickstart leaves behind. */
final class QuickstartReport {
  private QuickstartReport() {}

  static Report of(Quickstart run, Inspection before, Inspection after) {
    return new Report(
        "LeNet-5, %.0f%% sparse".formatted(100 * run.sparsity()),
        "Trained on %s, pruned gradually by magnitude while it went on training. %s"
            .formatted(data(run), run.conclusion()),
        List.of(figures(run), curve(run), layers(run), latency(run), table(run, before, after)),
        provenance(run));
  }

  private static String data(Quickstart run) {
    String source = run.provenance().data();
    return source.equals(Datasets.EMBEDDED) ? "digits that were drawn on the spot" : source;
  }

  private static Report.Figures figures(Quickstart run) {
    return new Report.Figures(
        List.of(
            new Figure(
                "accuracy",
                "%.2f%%".formatted(run.accuracy().pruned()),
                "dense: %.2f%%".formatted(run.accuracy().dense())),
            new Figure("of weights are zero", "%.1f%%".formatted(100 * run.sparsity()), ""),
            new Figure(
                "file",
                "%.0f kB".formatted(run.bytes().pruned() / 1e3),
                "dense: %.0f kB".formatted(run.bytes().dense() / 1e3)),
            new Figure(
                "as fast as dense on ONNX Runtime",
                "%.1f×".formatted(run.speedup()),
                "%.3f ms, was %.3f ms"
                    .formatted(
                        run.latencyMs().engine().pruned(), run.latencyMs().onnxruntime().dense())),
            new Figure(
                run.verification().equivalent() ? "verified" : "NOT verified",
                "%.0e".formatted(run.verification().maxRelativeError()),
                "largest difference to ONNX Runtime")));
  }

  private static Chart curve(Quickstart run) {
    Series gradual =
        new Series(
            "gradual magnitude, this network",
            List.of(new double[] {100 * run.sparsity(), run.accuracy().pruned()}));
    return new Chart(
        "Accuracy against sparsity",
        Chart.Kind.LINE,
        "weights that are zero, %",
        "accuracy, %",
        List.of(),
        List.of(
            gradual,
            oneShot(run, "magnitude", "magnitude, at once"),
            oneShot(run, "random", "random, at once")),
        "At once: the trained network pruned without any repair, on the first 2,000 test examples."
            + " Gradual: pruned while it trains, on the whole test part.");
  }

  private static Series oneShot(Quickstart run, String method, String name) {
    return new Series(
        name,
        run.curve().stream()
            .filter(point -> point.method().equals(method))
            .map(point -> new double[] {100 * point.sparsity(), point.accuracy()})
            .toList());
  }

  private static Chart layers(Quickstart run) {
    List<Layer> layers = run.layers().layers();
    return new Chart(
        "Sparsity of each layer",
        Chart.Kind.BAR,
        "",
        "weights that are zero, %",
        layers.stream().map(Layer::weight).toList(),
        List.of(
            Series.of(
                "zeros",
                layers.stream()
                    .mapToDouble(layer -> 100 - 100.0 * layer.tensor().nonzeros() / layer.size())
                    .toArray())),
        "");
  }

  private static Chart latency(Quickstart run) {
    return new Chart(
        "Latency of one image",
        Chart.Kind.BAR,
        "",
        "median, milliseconds",
        List.of("ONNX Runtime", "Espalier's engine"),
        List.of(
            Series.of(
                "dense", run.latencyMs().onnxruntime().dense(), run.latencyMs().engine().dense()),
            Series.of(
                "sparse",
                run.latencyMs().onnxruntime().pruned(),
                run.latencyMs().engine().pruned())),
        "Measured in turns on this machine, %d threads for each. ONNX Runtime multiplies by the zeros, the engine leaves them out."
            .formatted(run.threads()));
  }

  private static Report.Table table(Quickstart run, Inspection before, Inspection after) {
    return new Report.Table(
        "Before and after",
        List.of("", "dense", "sparse"),
        List.of(
            row("accuracy, %", "%.2f", run.accuracy()),
            row(
                "parameters",
                "%,.0f",
                new Quickstart.Pair(before.parameters(), after.parameters())),
            row("non-zero", "%,.0f", new Quickstart.Pair(before.nonzeros(), after.nonzeros())),
            row("multiply-accumulates", "%,.0f", new Quickstart.Pair(before.macs(), after.macs())),
            row(
                "of them with a weight that isn't zero",
                "%,.0f",
                new Quickstart.Pair(before.nonzeroMacs(), after.nonzeroMacs())),
            row("file, bytes", "%,.0f", run.bytes()),
            row("ONNX Runtime, ms", "%.4f", run.latencyMs().onnxruntime()),
            row("engine, ms", "%.4f", run.latencyMs().engine())),
        "");
  }

  private static List<String> row(String name, String format, Quickstart.Pair pair) {
    return List.of(name, format.formatted(pair.dense()), format.formatted(pair.pruned()));
  }

  private static Map<String, String> provenance(Quickstart run) {
    var facts = new LinkedHashMap<String, String>();
    facts.put(
        "command",
        "espalier quickstart --data "
            + run.provenance().data()
            + " --seed "
            + run.provenance().seed());
    facts.put(
        "data",
        "%s, %,d training examples, sha256 %s"
            .formatted(
                run.provenance().data(), run.provenance().examples(), run.provenance().dataHash()));
    facts.put("files", run.dense() + ", " + run.pruned());
    facts.put(
        "inputs verified",
        "%d, sha256 %s".formatted(run.verification().trials(), run.verification().inputsHash()));
    facts.put(
        "machine",
        "%s %s, %d threads, Java %s, ONNX Runtime %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                run.threads(),
                Runtime.version(),
                OnnxRuntime.version()));
    facts.put("took", "%.0f seconds".formatted(run.provenance().seconds()));
    return facts;
  }
}
