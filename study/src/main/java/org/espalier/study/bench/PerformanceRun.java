package org.espalier.study.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.study.report.Progress;

/** Measures the cells of a {@link Performance} that have no result yet, and gathers all. */
final class PerformanceRun {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The share of a cell's time that it is warmed up for, and the least, in seconds. */
  private static final double WARM_UP = 0.5;

  private static final double LEAST_WARM_UP = 1.5;

  private final Performance.Request request;
  private final Performance.Command command;
  private final Progress progress;
  private final List<Performance.Row> rows = new ArrayList<>();
  private final List<LayerStudy.Row> layers = new ArrayList<>();
  private final List<Performance.LayerMeans> layersByNetwork = new ArrayList<>();
  private final List<Performance.MemoryRow> memory = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();
  private Optional<Machine> machine = Optional.empty();

  PerformanceRun(Performance.Request request, Performance.Command command, Progress progress) {
    this.request = request;
    this.command = command;
    this.progress = progress;
  }

  private record Cell(String network, String variant, int threads, long batch) {
    String file() {
      return variant.equals("dense") ? network + ".onnx" : network + "-" + variant + ".onnx";
    }

    String name() {
      return "%s-%s-threads%d-batch%d".formatted(network, variant, threads, batch);
    }
  }

  /** Measures one thing and keeps what comes of it. */
  @FunctionalInterface
  private interface Measuring {
    void run() throws IOException;
  }

  Performance all() {
    List<Cell> cells = cells();
    List<String> studied =
        Goals.LAYERS_OF.stream().filter(network -> isWanted("layers-" + network)).toList();
    int total = cells.size() + studied.size();
    int done = 0;
    for (Cell cell : cells) {
      progress.at("performance", done++, total, cell.name());
      attempt(cell.name(), () -> measure(cell));
    }
    for (String network : studied) {
      progress.at("performance", done++, total, "layers of " + network);
      attempt("layers of " + network, () -> study(network));
    }
    for (String network : Goals.NETWORKS) {
      for (String variant : List.of("dense", "90-1x1")) {
        var cell = new Cell(network, variant, 1, 1);
        if (isWanted("memory-" + cell.name())) {
          attempt("memory of " + cell.name(), () -> weigh(cell));
        }
      }
    }
    progress.at("performance", total, total, "");
    return new Performance(
        rows, LayerStudy.means(layers), layersByNetwork, memory, machine, failed);
  }

  private boolean isWanted(String name) {
    return name.contains(request.only());
  }

  private void attempt(String what, Measuring measuring) {
    try {
      measuring.run();
    } catch (IOException failure) {
      failed.add(what + ": " + failure.getMessage());
    }
  }

  private List<Cell> cells() {
    var cells = new ArrayList<Cell>();
    for (int threads : request.threads()) {
      for (long batch : new long[] {1, 16}) {
        for (String network : Goals.NETWORKS) {
          for (String variant : Goals.VARIANTS) {
            var cell = new Cell(network, variant, threads, batch);
            if (Goals.of(network, variant, batch).isPresent() && isWanted(cell.name())) {
              require(model(cell));
              cells.add(cell);
            }
          }
        }
      }
    }
    return cells;
  }

  private Path model(Cell cell) {
    return request.folder().resolve(cell.file());
  }

  private static void require(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file; see docs/performance.md for it");
    }
  }

  private void measure(Cell cell) throws IOException {
    JsonNode json = kept(cell.name(), words(cell));
    Optional<Goals.Goal> goal = Goals.of(cell.network(), cell.variant(), cell.batch());
    rows.add(
        new Performance.Row(
            cell.network(),
            cell.variant(),
            cell.threads(),
            cell.batch(),
            json.at("/engine/medianMs").asDouble(),
            json.at("/onnxruntime/medianMs").asDouble(),
            JSON.treeToValue(json.get("ratios"), Median.class),
            JSON.treeToValue(json.get("gflops"), Flops.class),
            json.at("/compileSeconds/engine").asDouble(),
            goal.map(Goals.Goal::ratio),
            goal.map(Goals.Goal::deepsparse).filter(ratio -> ratio > 0)));
    machine = Optional.of(JSON.treeToValue(json.get("machine"), Machine.class));
  }

  private List<String> words(Cell cell) {
    return List.of(
        "bench",
        model(cell).toString(),
        "--dense",
        request.folder().resolve(cell.network() + ".onnx").toString(),
        "--threads",
        Integer.toString(cell.threads()),
        "--batch",
        Long.toString(cell.batch()),
        "--seconds",
        Double.toString(request.seconds()),
        "--warm-up",
        Double.toString(Math.max(LEAST_WARM_UP, WARM_UP * request.seconds())),
        "--rounds",
        Integer.toString(request.rounds()),
        "--against",
        "dense");
  }

  private void study(String network) throws IOException {
    List<String> words = List.of("layers", request.folder().resolve(network + ".onnx").toString());
    var own = new ArrayList<LayerStudy.Row>();
    for (JsonNode row : kept("layers-" + network, words).get("layers")) {
      own.add(JSON.treeToValue(row, LayerStudy.Row.class));
    }
    layersByNetwork.add(new Performance.LayerMeans(network, LayerStudy.means(own)));
    layers.addAll(own);
  }

  private void weigh(Cell cell) throws IOException {
    long engine = peak(cell, "engine");
    long runtime = peak(new Cell(cell.network(), "dense", 1, 1), "onnxruntime");
    memory.add(new Performance.MemoryRow(cell.network(), cell.variant(), engine, runtime));
  }

  private long peak(Cell cell, String executor) throws IOException {
    List<String> words = List.of("memory", model(cell).toString(), "--executor", executor);
    return kept("memory-%s-%s".formatted(cell.name(), executor), words).get("peakBytes").asLong();
  }

  /** The result of this name, from an earlier run or else of a command that is run now. */
  private JsonNode kept(String name, List<String> words) throws IOException {
    Path file = request.results().resolve(name + ".json");
    if (Files.exists(file)) {
      return JSON.readTree(file.toFile());
    }
    JsonNode json = command.run(words);
    Files.writeString(file, json.toPrettyString());
    return json;
  }
}
