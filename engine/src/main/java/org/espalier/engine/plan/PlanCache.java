package org.espalier.engine.plan;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.AtomicFile;
import org.espalier.graph.InvalidInputException;

/**
 * What timing the layers of a model has shown, kept in a file, so that it is only timed once on
 * each kind of machine. Losing the file costs a second or two; one that is damaged or something
 * else is ignored.
 *
 * <p>A line of text for each layer: the digest of what the choice depends on, the kernel, the
 * microseconds and the reason, with tabs between. What another process has added meanwhile is kept.
 */
public final class PlanCache {
  /** What was found out about one layer. */
  record Entry(String kernel, double micros, String reason) {}

  private static final Logger LOG = System.getLogger("org.espalier.engine");

  /** Changes whenever older entries would mislead. */
  private static final String HEADER = "espalier plan 1";

  private static final String SUFFIX = ".espalier-plan";

  /** Layers of one file; the oldest go first. */
  private static final int ENTRIES = 4096;

  private static final long BYTES = 4L << 20;

  private final List<Path> places;
  private final LinkedHashMap<String, Entry> entries = new LinkedHashMap<>();
  private final LinkedHashMap<String, Entry> added = new LinkedHashMap<>();

  private PlanCache(List<Path> places) {
    this.places = places;
    places.forEach(place -> read(place).ifPresent(entries::putAll));
  }

  /** Remembers in memory alone. */
  public static PlanCache none() {
    return new PlanCache(List.of());
  }

  /** Kept in {@code file}. */
  public static PlanCache in(Path file) {
    return new PlanCache(List.of(file));
  }

  /** Kept beside {@code model}, or in the user's folder for caches where that can't be. */
  public static PlanCache beside(Path model) {
    Path file = model.toAbsolutePath().normalize();
    String name = file.getFileName() + SUFFIX;
    String whole = Digest.of(file.toString());
    return new PlanCache(
        List.of(
            file.resolveSibling(name), userFolder().resolve(whole.substring(0, 8) + "-" + name)));
  }

  private static Path userFolder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path folder =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return folder.resolve("espalier");
  }

  /** What was found out about the layer whose circumstances have this digest. */
  synchronized Optional<Entry> remembered(String key) {
    return Optional.ofNullable(entries.get(key));
  }

  synchronized void remember(String key, Entry entry) {
    entries.put(key, entry);
    added.put(key, entry);
  }

  /** Writes what is new to the first place that takes it. */
  synchronized void save() {
    if (added.isEmpty()) {
      return;
    }
    for (Path place : places) {
      try {
        write(place);
        added.clear();
        return;
      } catch (InvalidInputException | IOException problem) {
        LOG.log(Level.DEBUG, "plan cache " + place, problem);
      }
    }
  }

  private void write(Path file) throws IOException {
    if (Files.exists(file) && !isOurs(file)) {
      throw new IOException("not a plan cache; it is left alone");
    }
    if (file.startsWith(userFolder())) {
      Files.createDirectories(file.getParent());
    }
    var all = new LinkedHashMap<String, Entry>();
    read(file).ifPresent(all::putAll);
    added.forEach(
        (key, entry) -> {
          all.remove(key); // to the end: the newest
          all.put(key, entry);
        });
    var text = new StringBuilder(HEADER).append('\n');
    all.entrySet().stream()
        .skip(Math.max(0, all.size() - ENTRIES))
        .forEach(entry -> text.append(line(entry.getKey(), entry.getValue())).append('\n'));
    byte[] bytes = text.toString().getBytes(UTF_8);
    AtomicFile.write(file, channel -> channel.write(ByteBuffer.wrap(bytes)));
  }

  private static String line(String key, Entry entry) {
    String reason = entry.reason().replaceAll("\\s+", " ");
    return String.join(
        "\t", key, entry.kernel(), Double.toString(Math.round(entry.micros() * 10) / 10.0), reason);
  }

  private static boolean isOurs(Path file) throws IOException {
    byte[] start = new byte[HEADER.length()];
    try (var in = Files.newInputStream(file)) {
      int read = in.readNBytes(start, 0, start.length);
      return read == 0 || new String(start, 0, read, UTF_8).startsWith("espalier plan ");
    }
  }

  /** All entries of a file, or nothing where it isn't one. */
  private static Optional<Map<String, Entry>> read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      if (Files.size(file) > BYTES) {
        throw new IOException(Files.size(file) + " bytes, expected at most " + BYTES);
      }
      return Optional.of(parsed(Files.readAllLines(file)));
    } catch (IOException | NumberFormatException problem) {
      LOG.log(Level.WARNING, "plan cache {0} is ignored: {1}", file, problem.getMessage());
      return Optional.empty();
    }
  }

  private static Map<String, Entry> parsed(List<String> lines) throws IOException {
    if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
      throw new IOException("it doesn't start with '" + HEADER + "'");
    }
    var entries = new LinkedHashMap<String, Entry>();
    for (String line : lines.subList(1, lines.size())) {
      var fields = new ArrayList<>(List.of(line.split("\t", -1)));
      if (fields.size() != 4) {
        throw new IOException("a line of %d fields, expected 4".formatted(fields.size()));
      }
      double micros = Double.parseDouble(fields.get(2));
      if (!(micros >= 0) || Double.isInfinite(micros)) {
        throw new IOException(micros + " microseconds");
      }
      entries.put(fields.get(0), new Entry(fields.get(1), micros, fields.get(3)));
    }
    return entries;
  }
}
