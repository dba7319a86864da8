package org.espalier.graph.onnx;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.AtomicFile;
import org.espalier.graph.InvalidInputException;

/**
 * The files beside a model that hold its weights, each mapped once.
 *
 * <p>A file must lie in the folder of the model, after symbolic links are followed. A model that is
 * itself a link, as in download caches, may have its weights beside the link or beside the file it
 * points to.
 */
final class ExternalFiles {
  private final Map<String, MemorySegment> mapped = new HashMap<>();
  private final Set<Path> used = new LinkedHashSet<>();
  private final Path folder;
  private final List<Path> allowed = new ArrayList<>();

  private ExternalFiles(Path folder) {
    this.folder = folder;
  }

  /** For a model that doesn't come from a file, and so can't have others beside it. */
  static ExternalFiles none() {
    return new ExternalFiles(null);
  }

  static ExternalFiles beside(Path model) throws IOException {
    Path absolute = model.toAbsolutePath();
    var files = new ExternalFiles(absolute.getParent());
    files.allowed.add(absolute.getParent().toRealPath());
    files.allowed.add(absolute.toRealPath().getParent());
    return files;
  }

  /** The files that were needed so far, links followed. */
  Set<Path> used() {
    return Set.copyOf(used);
  }

  /** The {@code bytes} bytes that the entries of {@code external_data} point to. */
  MemorySegment data(Map<String, String> entries, long bytes) {
    String location = entries.getOrDefault("location", "");
    if (location.isEmpty()) {
      throw new InvalidInputException("external data without a location");
    }
    long offset = number(entries, "offset", 0);
    long length = number(entries, "length", bytes);
    if (length != bytes) {
      throw new InvalidInputException(
          "external data have %d bytes, the shape takes %d".formatted(length, bytes));
    }
    MemorySegment file = mapped.computeIfAbsent(location, this::map);
    if (offset > file.byteSize() || bytes > file.byteSize() - offset) {
      throw new InvalidInputException(
          "external data of %d bytes start at byte %d, '%s' has %d"
              .formatted(bytes, offset, location, file.byteSize()));
    }
    return file.asSlice(offset, bytes);
  }

  private static long number(Map<String, String> entries, String key, long otherwise) {
    String text = entries.get(key);
    if (text == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text.strip());
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below, together with negative numbers.
    }
    throw new InvalidInputException(
        "external data with %s '%s', expected a number of bytes".formatted(key, text));
  }

  private MemorySegment map(String location) {
    if (folder == null) {
      throw new InvalidInputException(
          "external data in '%s', but the model was not read from a file".formatted(location));
    }
    Path real;
    try {
      Path given = Path.of(location);
      if (given.isAbsolute()) {
        throw outside(location);
      }
      Path file = folder.resolve(given);
      if (!file.normalize().startsWith(folder.normalize())) {
        throw outside(location);
      }
      real = file.toRealPath();
    } catch (InvalidPathException e) {
      throw new InvalidInputException("external data in '" + location + "', which is no path", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          "external data in '%s', which is not there (in %s)".formatted(location, folder), e);
    }
    if (allowed.stream().noneMatch(real::startsWith)) {
      throw outside(location);
    }
    if (!Files.isRegularFile(real)) {
      throw new InvalidInputException("external data in '" + location + "', which is not a file");
    }
    try {
      MemorySegment file = MappedFile.open(real);
      used.add(real);
      return file;
    } catch (IOException e) {
      throw new InvalidInputException(
          "external data in '%s': %s".formatted(location, AtomicFile.reason(e)), e);
    }
  }

  private InvalidInputException outside(String location) {
    return new InvalidInputException(
        "external data in '%s', outside the model's folder %s".formatted(location, folder));
  }
}
