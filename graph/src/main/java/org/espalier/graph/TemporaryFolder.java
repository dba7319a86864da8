package org.espalier.graph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder for files that go with it; it holds no folders. */
public final class TemporaryFolder implements AutoCloseable {
  private final Path path;

  private TemporaryFolder(Path path) {
    this.path = path;
  }

  /**
   * Makes one.
   *
   * @param purpose a word of its name, for whoever finds what a killed process left
   */
  public static TemporaryFolder create(String purpose) {
    try {
      return new TemporaryFolder(Files.createTempDirectory("espalier-" + purpose));
    } catch (IOException failure) {
      throw new UncheckedIOException("no temporary folder can be made", failure);
    }
  }

  /** A file in it. */
  public Path resolve(String file) {
    return path.resolve(file);
  }

  @Override
  public void close() {
    if (!Files.exists(path)) {
      return;
    }
    try (var files = Files.list(path)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(path);
    } catch (IOException failure) {
      throw new UncheckedIOException("temporary files remain in " + path, failure);
    }
  }
}
