package org.espalier.study.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.espalier.reference.OnnxRuntime;

/**
 * Where something was measured.
 *
 * @param cpu its name, as the operating system gives it
 * @param cores that this process may use
 */
public record Machine(String cpu, int cores, String java, String onnxruntime) {
  /** This machine. */
  public static Machine here() {
    return new Machine(
        processor(),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version().toString(),
        OnnxRuntime.unavailable().isPresent() ? "" : OnnxRuntime.version());
  }

  private static String processor() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException notLinux) {
      return System.getProperty("os.arch");
    }
  }
}
