package org.espalier.study.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.espalier.graph.InvalidInputException;
import org.espalier.study.report.Progress;

/**
 * The whole comparison with ONNX Runtime: every network of a folder, dense and sparse, and the
 * layers of some alone. Each cell is a process of its own, so that what the JIT compiler has seen
 * of one model doesn't touch the next; results are kept, and a run that was stopped goes on.
 *
 * @param failed cells that gave no result, and why
 */
public record Performance(
    List<Row> rows,
    List<LayerStudy.Mean> layers,
    List<LayerMeans> layersByNetwork,
    List<MemoryRow> memory,
    Optional<Machine> machine,
    List<String> failed) {

  /** Runs one command line in a process of its own and answers its JSON. */
  @FunctionalInterface
  public interface Command {
    JsonNode run(List<String> words) throws IOException;
  }

  /**
   * What is measured, and how long.
   *
   * @param folder of {@code NETWORK.onnx} and {@code NETWORK-90-4x1.onnx} and so on
   * @param results where the JSON of each cell is kept
   * @param only a part of the cells' names, or empty for all
   */
  public record Request(
      Path folder, Path results, List<Integer> threads, double seconds, int rounds, String only) {
    public Request {
      threads = List.copyOf(threads);
    }
  }

  /**
   * One network, dense or sparse, with so many threads and examples.
   *
   * @param ratio ONNX Runtime's dense time over ours, the median of the rounds
   */
  public record Row(
      String network,
      String variant,
      int threads,
      long batch,
      double engineMs,
      double onnxruntimeMs,
      Median ratio,
      Flops gflops,
      double compileSeconds,
      Optional<Double> goal,
      Optional<Double> deepsparse) {
    /** Whether the goal is reached, where there is one. */
    public boolean reached() {
      return goal.map(g -> ratio.median() >= g).orElse(true);
    }
  }

  /** The means over one network's layers. */
  public record LayerMeans(String network, List<LayerStudy.Mean> means) {}

  /** The peak of a process that only runs this network, on the engine, and dense on its rival. */
  public record MemoryRow(
      String network, String variant, long engineBytes, long onnxruntimeBytes) {}

  private record Cell(String network, String variant, int threads, long batch) {
    String file() {
      return variant.equals("dense") ? network + ".onnx" : network + "-" + variant + ".onnx";
    }

    String name() {
      return "%s-%s-threads%d-batch%d".formatted(network, variant, threads, batch);
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Measures what isn't there yet and gathers all. */
  public static Performance of(Request request, Command command, Progress progress)
      throws IOException {
    Files.createDirectories(request.results());
    var rows = new ArrayList<Row>();
    var failed = new ArrayList<String>();
    Optional<Machine> machine = Optional.empty();
    List<Cell> cells = cells(request);
    List<String> studied = studied(request);
    int total = cells.size() + studied.size();
    int done = 0;
    for (Cell cell : cells) {
      progress.at("performance", done++, total, cell.name());
      try {
        JsonNode json = kept(request, cell.name(), words(cell, request), command);
        rows.add(row(cell, json));
        machine = Optional.of(JSON.treeToValue(json.get("machine"), Machine.class));
      } catch (IOException failure) {
        failed.add(cell.name() + ": " + failure.getMessage());
      }
    }
    var all = new ArrayList<LayerStudy.Row>();
    var byNetwork = new ArrayList<LayerMeans>();
    for (String network : studied) {
      progress.at("performance", done++, total, "layers of " + network);
      try {
        List<String> words =
            List.of("layers", request.folder().resolve(network + ".onnx").toString());
        List<LayerStudy.Row> own = layers(kept(request, "layers-" + network, words, command));
        byNetwork.add(new LayerMeans(network, LayerStudy.means(own)));
        all.addAll(own);
      } catch (IOException failure) {
        failed.add("layers of " + network + ": " + failure.getMessage());
      }
    }
    var memory = new ArrayList<MemoryRow>();
    for (String network : Goals.NETWORKS) {
      for (String variant : List.of("dense", "90-1x1")) {
        var cell = new Cell(network, variant, 1, 1);
        if (!("memory-" + cell.name()).contains(request.only())) {
          continue;
        }
        try {
          memory.add(
              new MemoryRow(
                  network,
                  variant,
                  peak(request, cell, "engine", command),
                  peak(request, new Cell(network, "dense", 1, 1), "onnxruntime", command)));
        } catch (IOException failure) {
          failed.add("memory of " + cell.name() + ": " + failure.getMessage());
        }
      }
    }
    progress.at("performance", total, total, "");
    return new Performance(rows, LayerStudy.means(all), byNetwork, memory, machine, failed);
  }

  private static long peak(Request request, Cell cell, String executor, Command command)
      throws IOException {
    List<String> words =
        List.of("memory", request.folder().resolve(cell.file()).toString(), "--executor", executor);
    String name = "memory-%s-%s".formatted(cell.name(), executor);
    return kept(request, name, words, command).get("peakBytes").asLong();
  }

  private static List<Cell> cells(Request request) {
    var cells = new ArrayList<Cell>();
    for (int threads : request.threads()) {
      for (long batch : new long[] {1, 16}) {
        for (String network : Goals.NETWORKS) {
          for (String variant : Goals.VARIANTS) {
            var cell = new Cell(network, variant, threads, batch);
            if (Goals.of(network, variant, batch).isPresent()
                && cell.name().contains(request.only())) {
              require(request.folder().resolve(cell.file()));
              cells.add(cell);
            }
          }
        }
      }
    }
    return cells;
  }

  private static List<String> studied(Request request) {
    return Goals.LAYERS_OF.stream()
        .filter(network -> ("layers-" + network).contains(request.only()))
        .toList();
  }

  private static void require(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file; see docs/performance.md for it");
    }
  }

  private static List<String> words(Cell cell, Request request) {
    return List.of(
        "bench",
        request.folder().resolve(cell.file()).toString(),
        "--dense",
        request.folder().resolve(cell.network() + ".onnx").toString(),
        "--threads",
        Integer.toString(cell.threads()),
        "--batch",
        Long.toString(cell.batch()),
        "--seconds",
        Double.toString(request.seconds()),
        "--warm-up",
        Double.toString(Math.max(1.5, request.seconds() / 2)),
        "--rounds",
        Integer.toString(request.rounds()),
        "--against",
        "dense");
  }

  private static JsonNode kept(Request request, String name, List<String> words, Command command)
      throws IOException {
    Path file = request.results().resolve(name + ".json");
    if (Files.exists(file)) {
      return JSON.readTree(file.toFile());
    }
    JsonNode json = command.run(words);
    Files.writeString(file, json.toPrettyString());
    return json;
  }

  private static Row row(Cell cell, JsonNode json) throws IOException {
    Optional<Goals.Goal> goal = Goals.of(cell.network(), cell.variant(), cell.batch());
    return new Row(
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
        goal.map(Goals.Goal::deepsparse).filter(ratio -> ratio > 0));
  }

  private static List<LayerStudy.Row> layers(JsonNode json) throws IOException {
    var rows = new ArrayList<LayerStudy.Row>();
    for (JsonNode row : json.get("layers")) {
      rows.add(JSON.treeToValue(row, LayerStudy.Row.class));
    }
    return rows;
  }

  /** {@code page} with its measured parts replaced. */
  public String into(String page) {
    String changed = page;
    for (PerformanceTables.Part part : new PerformanceTables(this).parts()) {
      if (!part.text().isEmpty()) {
        String begin = "<!-- measured: " + part.name() + " -->\n";
        String end = "<!-- end -->";
        changed =
            Pattern.compile(Pattern.quote(begin) + ".*?" + end, Pattern.DOTALL)
                .matcher(changed)
                .replaceFirst(Matcher.quoteReplacement(begin + "\n" + part.text() + "\n" + end));
      }
    }
    return changed;
  }

  /** All tables, one after the other. */
  public String tables() {
    var text = new StringBuilder();
    new PerformanceTables(this)
        .parts()
        .forEach(part -> text.append(part.text().isEmpty() ? "" : part.text() + "\n"));
    return text.toString();
  }
}
