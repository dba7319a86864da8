package org.espalier.graph.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The data folder beside the checkout, which tests may use and must be able to do without. */
public final class TestData {
  private TestData() {}

  /** A file or folder of the data; the test is skipped, and says so, where there is none. */
  public static Path of(String first, String... more) {
    Path path = root().resolve(Path.of(first, more));
    Assumptions.assumeTrue(Files.exists(path), () -> "no " + path + " on this machine");
    return path;
  }

  private static Path root() {
    String given = System.getProperty("espalier.data", System.getenv("ESPALIER_DATA"));
    return given != null
        ? Path.of(given)
        : Path.of(System.getProperty("espalier.root", "..")).resolveSibling("shared/data");
  }
}
