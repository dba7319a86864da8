package org.espalier.study.latency;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.espalier.graph.AtomicFile;
import org.espalier.graph.InvalidInputException;
import org.espalier.train.data.Digest;

/**
 * What layers were measured to take, kept in a file, so that each is only timed once on a machine:
 * a line for each layer and width, with the digest of all that its time depends on. What another
 * process adds meanwhile is kept. A layer is known by what it computes, not by its network: two
 * that share layers share their times.
 */
final class TimeCache {
  private static final String HEADER = "espalier latency 1";

  private final Path file;
  private final String circumstances;
  private final Map<String, Double> times = new LinkedHashMap<>();

  /**
   * @param file where times are kept; null for nowhere
   * @param circumstances what all times depend on: processor, executor, threads
   */
  TimeCache(Path file, String circumstances) {
    this.file = file;
    this.circumstances = circumstances;
    read();
  }

  /** A file in the user's folder for caches. */
  static Path usual() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path folder =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return folder.resolve("espalier").resolve("layer-times");
  }

  private void read() {
    if (file == null || !Files.exists(file)) {
      return;
    }
    try {
      String[] lines = Files.readString(file).split("\n", -1);
      if (!lines[0].equals(HEADER)) {
        throw new InvalidInputException(file + ": holds no times of layers; name another file");
      }
      for (int k = 1; k < lines.length; k++) {
        int tab = lines[k].indexOf('\t');
        if (tab > 0) {
          times.putIfAbsent(lines[k].substring(0, tab), number(lines[k].substring(tab + 1)));
        }
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException damaged) {
      throw new InvalidInputException(
          "%s: '%s' is no number; remove the file to measure anew".formatted(file, text), damaged);
    }
  }

  OptionalDouble ms(Form form, Width width) {
    Double ms = times.get(key(form, width));
    return ms == null ? OptionalDouble.empty() : OptionalDouble.of(ms);
  }

  void add(Form form, Width width, double ms) {
    times.put(key(form, width), ms);
  }

  private String key(Form form, Width width) {
    String what = circumstances + "\n" + form.identity() + "\n" + width + " " + width.groups();
    return new Digest().add(what).hex().substring(0, 32);
  }

  /** Writes all that is known, the file's own newer lines included. */
  void save() {
    if (file == null) {
      return;
    }
    read();
    var text = new StringBuilder(HEADER).append('\n');
    times.forEach((key, ms) -> text.append(key).append('\t').append(ms).append('\n'));
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
    AtomicFile.write(file, text.toString());
  }
}
