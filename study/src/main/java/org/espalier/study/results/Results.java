package org.espalier.study.results;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.AtomicFile;
import org.espalier.graph.InvalidInputException;

/**
 * Results of this run and earlier ones, in a file with one JSON value on each line, which is
 * written anew, whole, with every result.
 */
public final class Results<R extends Result> implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Class<R> type;
  private final FileChannel lock;
  private final Map<String, R> results = new LinkedHashMap<>();

  /**
   * Opens a file of results, or begins one.
   *
   * @param type what a line is read as; it refuses what lacks anything that it needs
   * @param fresh whether what it has is forgotten
   * @param reading whether nothing is to be added; else no other process may add anything meanwhile
   */
  public Results(Path file, Class<R> type, boolean fresh, boolean reading) throws IOException {
    this.file = file;
    this.type = type;
    lock = reading ? null : locked(file);
    try {
      if (fresh) {
        Files.deleteIfExists(file);
      }
      read();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static Path lockOf(Path file) {
    return file.resolveSibling(file.getFileName() + ".lock");
  }

  private static FileChannel locked(Path file) throws IOException {
    FileChannel lock =
        FileChannel.open(lockOf(file), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean alone;
    try {
      alone = lock.tryLock() != null;
    } catch (OverlappingFileLockException _) {
      alone = false;
    }
    if (!alone) {
      lock.close();
      throw new InvalidInputException(
          file + ": another run is adding to it; wait for its end, or name another file");
    }
    return lock;
  }

  private void read() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    List<String> lines = Files.readAllLines(file, UTF_8);
    for (int k = 0; k < lines.size(); k++) {
      if (!lines.get(k).isBlank()) {
        R result = parsed(lines.get(k), k + 1);
        results.put(result.identity(), result);
      }
    }
  }

  private R parsed(String line, int number) {
    try {
      R result = JSON.readValue(line, type);
      if (result != null && result.identity() != null) {
        return result;
      }
    } catch (JsonProcessingException malformed) {
      throw notOurs(number, malformed);
    }
    throw notOurs(number, null);
  }

  private InvalidInputException notOurs(int line, JsonProcessingException cause) {
    return new InvalidInputException(
        "%s: line %d is no result of this command; name another file, or remove it"
            .formatted(file, line),
        cause);
  }

  public Path file() {
    return file;
  }

  /** The result of what has this identity. */
  public synchronized Optional<R> of(String identity) {
    return Optional.ofNullable(results.get(identity));
  }

  /** Adds a result to the file, on any thread. */
  public synchronized void add(R result) {
    results.put(result.identity(), result);
    var text = new StringBuilder();
    for (R each : results.values()) {
      try {
        text.append(JSON.writeValueAsString(each)).append('\n');
      } catch (JsonProcessingException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
    AtomicFile.write(file, text.toString());
  }

  @Override
  public void close() throws IOException {
    if (lock != null) {
      Files.deleteIfExists(lockOf(file));
      lock.close();
    }
  }
}
