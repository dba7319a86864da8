package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A page of {@code docs} that a test makes; the property {@code write.docs} rewrites it. */
record DocPage(String name, Class<?> test) {
  /** The file. */
  Path file() {
    return Path.of(System.getProperty("espalier.root", "..")).resolve("docs").resolve(name);
  }

  /** What to do where the page isn't what it should be. */
  String stale() {
    return "stale: run ./mvnw test -pl cli -am -Dtest=%s with -Dwrite.docs=true"
        .formatted(test.getSimpleName());
  }

  /** Writes the page where that is asked for. */
  void write(String text) throws IOException {
    if (Boolean.getBoolean("espalier.write.docs")) {
      Files.writeString(file(), text);
    }
  }

  /** Checks that the page is this text. */
  void is(String text) throws IOException {
    write(text);
    assertThat(file()).as(stale()).hasContent(text);
  }
}
