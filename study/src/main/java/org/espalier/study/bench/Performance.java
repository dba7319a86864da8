package org.espalier.study.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  /** Measures what isn't there yet and gathers all. */
  public static Performance of(Request request, Command command, Progress progress)
      throws IOException {
    Files.createDirectories(request.results());
    return new PerformanceRun(request, command, progress).all();
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
