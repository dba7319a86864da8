package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every source file is as google-java-format writes it; {@code .ci/format} makes it so. */
class FormatTest {
  @Test
  void sourcesAreFormatted() throws IOException, FormatterException {
    Path root = Path.of(System.getProperty("espalier.root", ".."));
    List<Path> sources;
    try (Stream<Path> files = Files.walk(root)) {
      sources =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.toString().contains("/target/"))
              .sorted()
              .toList();
    }
    assertThat(sources).isNotEmpty();
    var formatter = new Formatter();
    var misformatted = new ArrayList<String>();
    for (Path file : sources) {
      String source = Files.readString(file);
      if (!formatter.formatSourceAndFixImports(source).equals(source)) {
        misformatted.add(root.relativize(file).toString());
      }
    }
    assertThat(misformatted).as("run .ci/format").isEmpty();
  }
}
