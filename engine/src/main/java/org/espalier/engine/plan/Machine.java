package org.espalier.engine.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** What a timing depends on besides the layer: the processor and the JIT compiler. */
final class Machine {
  /** Lines of Linux' {@code /proc/cpuinfo}, those of ARM last. */
  private static final List<String> LINES =
      List.of(
          "model name",
          "cpu family",
          "model",
          "stepping",
          "cache size",
          "flags",
          "CPU implementer",
          "CPU part",
          "CPU variant",
          "Features");

  private static final String DESCRIPTION = describe(Path.of("/proc/cpuinfo"));

  private Machine() {}

  /** A text that is the same on machines of one kind. */
  static String description() {
    return DESCRIPTION;
  }

  private static String describe(Path cpuinfo) {
    return String.join(
        "; ",
        System.getProperty("os.arch"),
        System.getProperty("java.vm.version"),
        processor(cpuinfo));
  }

  private static String processor(Path cpuinfo) {
    try {
      return Files.readAllLines(cpuinfo).stream()
          .filter(line -> LINES.contains(line.substring(0, Math.max(0, line.indexOf(':'))).strip()))
          .distinct()
          .collect(Collectors.joining("; "));
    } catch (IOException unknown) {
      // Windows tells by a variable; elsewhere the architecture has to do.
      String name = System.getenv("PROCESSOR_IDENTIFIER");
      return name == null ? System.getProperty("os.name") : name;
    }
  }
}
