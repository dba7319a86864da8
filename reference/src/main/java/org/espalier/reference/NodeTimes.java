package org.espalier.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.TemporaryFolder;
import org.espalier.graph.Tensor;

/**
 * ONNX Runtime with an eye on the clock: how long it takes for each node of the graph that it has
 * made of a model.
 */
public final class NodeTimes implements Executor {
  private static final Pattern EVENT =
      Pattern.compile("\"cat\" : \"Node\".*?\"dur\" :(\\d+).*?\"name\" :\"(.*?)_kernel_time\"");

  private static final Pattern OPERATOR = Pattern.compile("\"op_name\" : \"(\\w+)\"");

  private final TemporaryFolder folder;
  private final OnnxRuntime runtime;
  private int runs;

  private NodeTimes(TemporaryFolder folder, OnnxRuntime runtime) {
    this.folder = folder;
    this.runtime = runtime;
  }

  /**
   * One node.
   *
   * @param name as ONNX Runtime calls it: that of the node or of the value that it makes, with its
   *     own additions
   * @param micros the median over the runs
   * @param leastMicros of the fastest run
   */
  public record NodeTime(String name, String op, double micros, double leastMicros) {}

  /** Loads {@code model}. */
  public static NodeTimes start(Model model, OnnxRuntime.Options options) {
    var folder = TemporaryFolder.create("profile");
    return new NodeTimes(
        folder, OnnxRuntime.of(model, options.withProfile(folder.resolve("nodes"))));
  }

  @Override
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    runs++;
    return runtime.run(inputs);
  }

  /** The nodes, from the later half of the runs; nothing can be run any more. */
  public List<NodeTime> end() {
    try {
      return read(Files.readAllLines(runtime.endProfile()), runs);
    } catch (IOException failure) {
      throw new UncheckedIOException("ONNX Runtime's profile can't be read", failure);
    }
  }

  @Override
  public void close() {
    runtime.close();
    folder.close();
  }

  /** Runs {@code model} so many times, of which the first half is warm-up. */
  public static List<NodeTime> of(
      Model model, OnnxRuntime.Options options, Map<String, Tensor> inputs, int runs) {
    try (NodeTimes times = start(model, options)) {
      for (int run = 0; run < 2 * runs; run++) {
        times.run(inputs);
      }
      return times.end();
    }
  }

  /** The nodes run in the same order each time, an event a line. */
  static List<NodeTime> read(List<String> lines, int runs) {
    var names = new ArrayList<String>();
    var operators = new ArrayList<String>();
    var micros = new ArrayList<Double>();
    for (String line : lines) {
      Matcher event = EVENT.matcher(line);
      if (event.find()) {
        Matcher operator = OPERATOR.matcher(line);
        names.add(event.group(2));
        operators.add(operator.find() ? operator.group(1) : "");
        micros.add(Double.valueOf(event.group(1)));
      }
    }
    int nodes = names.size() / runs;
    if (nodes * runs != names.size()) {
      throw new IllegalStateException(
          "%d nodes timed in %d runs, expected as many in each".formatted(names.size(), runs));
    }
    var times = new ArrayList<NodeTime>();
    for (int node = 0; node < nodes; node++) {
      double[] sorted = new double[runs - runs / 2];
      for (int k = 0; k < sorted.length; k++) {
        sorted[k] = micros.get((runs / 2 + k) * nodes + node);
      }
      Arrays.sort(sorted);
      times.add(
          new NodeTime(
              names.get(node), operators.get(node), sorted[(sorted.length - 1) / 2], sorted[0]));
    }
    return times;
  }
}
