package org.espalier.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/** How long ONNX Runtime takes for each node of the graph that it has made of a model. */
public final class NodeTimes {
  private static final Pattern EVENT =
      Pattern.compile("\"cat\" : \"Node\".*?\"dur\" :(\\d+).*?\"name\" :\"(.*?)_kernel_time\"");

  private static final Pattern OPERATOR = Pattern.compile("\"op_name\" : \"(\\w+)\"");

  private NodeTimes() {}

  /**
   * One node.
   *
   * @param name as ONNX Runtime calls it: that of the node or of the value that it makes, with its
   *     own additions
   * @param micros the median over the runs
   */
  public record NodeTime(String name, String op, double micros) {}

  /** Runs {@code model} so many times, of which the first half is warm-up. */
  public static List<NodeTime> of(
      Model model, OnnxRuntime.Options options, Map<String, Tensor> inputs, int runs) {
    try {
      Path folder = Files.createTempDirectory("espalier-profile");
      try {
        Path profile;
        try (var runtime = OnnxRuntime.of(model, options.withProfile(folder.resolve("nodes")))) {
          for (int run = 0; run < 2 * runs; run++) {
            runtime.run(inputs);
          }
          profile = runtime.endProfile();
        }
        return read(Files.readAllLines(profile), 2 * runs);
      } finally {
        try (var files = Files.list(folder)) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
        Files.delete(folder);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("no room for ONNX Runtime's profile", failure);
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
          new NodeTime(names.get(node), operators.get(node), sorted[(sorted.length - 1) / 2]));
    }
    return times;
  }
}
