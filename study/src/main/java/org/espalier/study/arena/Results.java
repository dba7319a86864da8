package org.espalier.study.arena;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
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
final class Results {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Map<String, Row> rows = new LinkedHashMap<>();

  /** Opens a file of results, or begins one. */
  Results(Path file) throws IOException {
    this.file = file;
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
    ByteBuffer bytes = UTF_8.encode(text.toString());
    AtomicFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }
}
