package org.espalier.study.arena;

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
 * The rows of this contest and earlier ones, in a file with one JSON value on each line, which is
 * written anew, whole, with every row.
 */
final class Results implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final FileChannel lock;
  private final Map<String, Row> rows = new LinkedHashMap<>();

  /**
   * Opens a file of results, or begins one.
   *
   * @param fresh whether what it has is forgotten
   * @param reading whether nothing is to be added; else no other process may add anything meanwhile
   */
  Results(Path file, boolean fresh, boolean reading) throws IOException {
    this.file = file;
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
          file + ": another comparison is adding to it; wait for its end, or name another report");
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
        Row row = parsed(lines.get(k), k + 1);
        rows.put(row.identity(), row);
      }
    }
  }

  private Row parsed(String line, int number) {
    try {
      Row row = JSON.readValue(line, Row.class);
      if (row != null && row.identity() != null && row.failure() != null) {
        return row;
      }
    } catch (JsonProcessingException malformed) {
      throw notOurs(number, malformed);
    }
    throw notOurs(number, null);
  }

  private InvalidInputException notOurs(int line, JsonProcessingException cause) {
    return new InvalidInputException(
        "%s: line %d is no result of a comparison; name another report or remove the file"
            .formatted(file, line),
        cause);
  }

  Path file() {
    return file;
  }

  /** The result of what has this identity; one that failed counts as none. */
  synchronized Optional<Row> of(String identity) {
    return Optional.ofNullable(rows.get(identity)).filter(row -> !row.failed());
  }

  /** Adds a row to the file, on any thread. */
  synchronized void add(Row row) {
    rows.put(row.identity(), row);
    var text = new StringBuilder();
    for (Row each : rows.values()) {
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
