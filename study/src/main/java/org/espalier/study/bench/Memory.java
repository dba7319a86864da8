package org.espalier.study.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.reference.RandomInputs;

/**
 * The most memory that this process has had in use.
 *
 * @param beforeBytes before a model was loaded: what the Java machine takes for itself
 * @param peakBytes at its highest since, shared pages of files included
 */
public record Memory(long beforeBytes, long peakBytes) {
  private static final int RUNS = 20;

  /** Loads an executor, runs it some times and looks; empty where the system doesn't say. */
  public static Optional<Memory> of(Supplier<Executor> loading, Model model) {
    Optional<Long> before = peak();
    try (Executor executor = loading.get()) {
      var inputs = RandomInputs.takenBy(executor, model, 1, 1);
      for (int run = 0; run < RUNS; run++) {
        executor.run(inputs);
      }
      Optional<Long> peak = peak();
      return peak.flatMap(most -> before.map(least -> new Memory(least, most)));
    }
  }

  private static Optional<Long> peak() {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .map(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst();
    } catch (IOException notLinux) {
      return Optional.empty();
    }
  }
}
