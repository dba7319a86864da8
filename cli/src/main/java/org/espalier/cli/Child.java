package org.espalier.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command in a process of its own, with the options of this one's virtual machine. */
final class Child {
  private Child() {}

  /** Runs {@code words} with {@code --json} and answers what it prints. */
  static JsonNode run(List<String> words) throws IOException {
    var line = new ArrayList<String>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    line.add(Main.class.getName());
    line.addAll(words);
    line.addAll(List.of("--json", "--quiet"));
    Path errors = Files.createTempFile("espalier", ".err");
    try {
      var builder = new ProcessBuilder(line).redirectError(errors.toFile());
      // ONNX Runtime 1.29 crashes on a command line over 4 kB: the class path goes this way.
      builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
      Process process = builder.start();
      byte[] out;
      try (var output = process.getInputStream()) {
        process.getOutputStream().close();
        out = output.readAllBytes();
        if (process.waitFor() != 0) {
          List<String> said = Files.readAllLines(errors);
          throw new IOException(said.isEmpty() ? "exit " + process.exitValue() : said.getLast());
        }
      } finally {
        process.destroy();
      }
      return Json.MAPPER.readTree(out);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a part was measured");
    } finally {
      Files.deleteIfExists(errors);
    }
  }
}
