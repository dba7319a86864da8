package org.espalier.study.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The tables of {@code docs/performance.md}. */
final class PerformanceTables {
  private static final Map<String, String> NAMES =
      Map.of(
          "resnet50", "ResNet-50",
          "mobilenetv1", "MobileNetV1",
          "mobilenetv2", "MobileNetV2",
          "bert", "BERT-base",
          "80-1x1", "unstructured 80%",
          "90-1x1", "unstructured 90%",
          "95-1x1", "unstructured 95%",
          "90-4x1", "4x1 blocks 90%");

  private final Performance performance;

  PerformanceTables(Performance performance) {
    this.performance = performance;
  }

  /** A part of the page; its text is empty where nothing was measured for it. */
  record Part(String name, String text) {}

  List<Part> parts() {
    var parts = new ArrayList<Part>();
    parts.add(new Part("machine", machine()));
    for (int threads : new int[] {1, 2}) {
      for (int batch : new int[] {1, 16}) {
        List<Performance.Row> rows = rows(threads, batch);
        parts.add(
            new Part("threads %d, batch %d".formatted(threads, batch), summary(rows, threads)));
        parts.add(
            new Part("times of threads %d, batch %d".formatted(threads, batch), details(rows)));
      }
    }
    parts.add(new Part("scaling", scaling()));
    parts.add(new Part("layers", layers()));
    parts.add(new Part("memory", memory()));
    return parts;
  }

  private List<Performance.Row> rows(int threads, long batch) {
    return performance.rows().stream()
        .filter(row -> row.threads() == threads && row.batch() == batch)
        .toList();
  }

  private String machine() {
    return performance
        .machine()
        .map(
            m ->
                "%s, %d cores, Java %s, ONNX Runtime %s.%n"
                    .formatted(m.cpu(), m.cores(), m.java(), m.onnxruntime()))
        .orElse("");
  }

  /** Networks down, sparsities across: the ratio, the goal, DeepSparse's. */
  private static String summary(List<Performance.Row> rows, int threads) {
    if (rows.isEmpty()) {
      return "";
    }
    List<String> variants =
        Goals.VARIANTS.stream()
            .filter(variant -> rows.stream().anyMatch(row -> row.variant().equals(variant)))
            .toList();
    var text = new StringBuilder();
    line(
        text,
        Stream.concat(
            Stream.of(threads == 1 ? "one thread" : threads + " threads"),
            variants.stream().map(PerformanceTables::name)));
    line(text, Stream.concat(Stream.of("---"), variants.stream().map(variant -> "---")));
    for (String network : Goals.NETWORKS) {
      List<Performance.Row> own =
          rows.stream().filter(row -> row.network().equals(network)).toList();
      if (!own.isEmpty()) {
        line(
            text,
            Stream.concat(
                Stream.of(name(network)),
                variants.stream()
                    .map(
                        variant ->
                            own.stream()
                                .filter(row -> row.variant().equals(variant))
                                .findFirst()
                                .map(PerformanceTables::cell)
                                .orElse("-"))));
      }
    }
    return text.toString();
  }

  private static String cell(Performance.Row row) {
    String ratio = "%.2fx".formatted(row.ratio().median());
    String shown = row.reached() ? "**" + ratio + "**" : ratio;
    String goal = row.goal().map(g -> ", goal " + trimmed(g)).orElse("");
    return shown + goal + row.deepsparse().map(d -> " (" + trimmed(d) + ")").orElse("");
  }

  private static String details(List<Performance.Row> rows) {
    if (rows.isEmpty()) {
      return "";
    }
    var text = new StringBuilder();
    line(
        text,
        Stream.of(
            "network",
            "weights",
            "engine ms",
            "ONNX Runtime dense ms",
            "ratio",
            "least to most",
            "goal",
            "useful GFLOP/s",
            "compiled in s"));
    line(text, Stream.of("---", "---", "---", "---", "---", "---", "---", "---", "---"));
    for (Performance.Row row : rows) {
      line(
          text,
          Stream.of(
              name(row.network()),
              name(row.variant()),
              millis(row.engineMs()),
              millis(row.onnxruntimeMs()),
              "%.2f".formatted(row.ratio().median()),
              "%.2f to %.2f".formatted(row.ratio().least(), row.ratio().most()),
              row.goal()
                  .map(g -> trimmed(g) + (row.reached() ? ", reached" : ", not reached"))
                  .orElse("-"),
              "%.1f".formatted(row.gflops().useful()),
              "%.1f".formatted(row.compileSeconds())));
    }
    return text.toString();
  }

  /** One thread's time over two threads', ours and ONNX Runtime's. */
  private String scaling() {
    var text = new StringBuilder();
    for (Performance.Row one : performance.rows()) {
      Optional<Performance.Row> two =
          performance.rows().stream()
              .filter(
                  row ->
                      row.threads() == 2
                          && row.network().equals(one.network())
                          && row.variant().equals(one.variant())
                          && row.batch() == one.batch())
              .findFirst();
      if (one.threads() != 1 || two.isEmpty()) {
        continue;
      }
      if (text.isEmpty()) {
        line(text, Stream.of("network", "weights", "batch", "engine", "ONNX Runtime, dense"));
        line(text, Stream.of("---", "---", "---", "---", "---"));
      }
      line(
          text,
          Stream.of(
              name(one.network()),
              name(one.variant()),
              Long.toString(one.batch()),
              "%.2fx".formatted(one.engineMs() / two.get().engineMs()),
              "%.2fx".formatted(one.onnxruntimeMs() / two.get().onnxruntimeMs())));
    }
    return text.toString();
  }

  private String memory() {
    if (performance.memory().isEmpty()) {
      return "";
    }
    var text = new StringBuilder();
    line(text, Stream.of("network", "weights", "engine MB", "ONNX Runtime, dense, MB"));
    line(text, Stream.of("---", "---", "---", "---"));
    for (Performance.MemoryRow row : performance.memory()) {
      line(
          text,
          Stream.of(
              name(row.network()),
              name(row.variant()),
              "%.0f".formatted(row.engineBytes() / 1e6),
              "%.0f".formatted(row.onnxruntimeBytes() / 1e6)));
    }
    return text.toString();
  }

  private String layers() {
    if (performance.layers().isEmpty()) {
      return "";
    }
    var text = new StringBuilder();
    line(text, Stream.of("pattern", "zeros", "inside a network", "as a model of its own", "goal"));
    line(text, Stream.of("---", "---", "---", "---", "---"));
    for (LayerStudy.Mean mean : performance.layers()) {
      line(
          text,
          Stream.of(
              mean.pattern(),
              percent(mean.sparsity()),
              "%.2fx".formatted(mean.innerRatio()),
              "%.2fx".formatted(mean.ratio()),
              Goals.ofLayers(mean.pattern(), mean.sparsity())
                  .map(g -> trimmed(g) + (mean.innerRatio() >= g ? ", reached" : ", not reached"))
                  .orElse("-")));
    }
    text.append('\n');
    line(text, Stream.of("network", "layers", "pattern", "zeros", "inside a network", "alone"));
    line(text, Stream.of("---", "---", "---", "---", "---", "---"));
    for (Performance.LayerMeans network : performance.layersByNetwork()) {
      for (LayerStudy.Mean mean : network.means()) {
        line(
            text,
            Stream.of(
                name(network.network()),
                Integer.toString(mean.layers()),
                mean.pattern(),
                percent(mean.sparsity()),
                "%.2fx".formatted(mean.innerRatio()),
                "%.2fx".formatted(mean.ratio())));
      }
    }
    return text.toString();
  }

  private static void line(StringBuilder text, Stream<String> cells) {
    text.append("| ").append(String.join(" | ", cells.toList())).append(" |\n");
  }

  private static String name(String key) {
    return NAMES.getOrDefault(key, key);
  }

  private static String percent(double share) {
    return Math.round(100 * share) + "%";
  }

  private static String trimmed(double value) {
    return value == Math.rint(value) ? "%.0fx".formatted(value) : value + "x";
  }

  private static String millis(double ms) {
    return ms < 10 ? "%.2f".formatted(ms) : "%.1f".formatted(ms);
  }
}
