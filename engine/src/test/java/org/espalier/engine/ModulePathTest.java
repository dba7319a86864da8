package org.espalier.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A project of someone else's, with the two jars on its module path and nothing besides. */
class ModulePathTest {
  private static final String MODULE =
      """
      module fresh {
        requires org.espalier.engine;
      }
      """;

  private static final String MAIN =
      """
      package fresh;

      import java.nio.file.Files;
      import java.nio.file.Path;
      import org.espalier.engine.Engine;
      import org.espalier.graph.Tensor;
      import org.espalier.graph.onnx.Onnx;

      public class Main {
        public static void main(String[] args) throws Exception {
          float[] pixels = new float[28 * 28];
          for (int k = 0; k < pixels.length; k++) {
            pixels[k] = k % 7 - 3;
          }
          try (var session = Engine.compile(Onnx.read(Path.of(args[0])))) {
            Tensor y = session.run(Tensor.of(pixels, 1, 1, 28, 28));
            for (float value : y.floats()) {
              System.out.println("y " + value);
            }
            System.out.println("kernels " + session.kernels());
          }
          Path maps = Path.of("/proc/self/maps");
          if (Files.exists(maps)) {
            Files.readAllLines(maps).stream()
                .filter(line -> line.endsWith(".so"))
                .map(line -> line.substring(line.indexOf('/')))
                .distinct()
                .forEach(file -> System.out.println("library " + file));
          }
        }
      }
      """;

  @TempDir Path folder;

  @Test
  void twoJarsAreEnough() throws Exception {
    Path graph = jar("graph.jar", Model.class);
    Path engine = jar("engine.jar", Engine.class);
    Path source = Files.createDirectories(folder.resolve("src/fresh")).resolve("Main.java");
    Files.writeString(source, MAIN);
    Path module = Files.writeString(folder.resolve("src/module-info.java"), MODULE);
    Path classes = folder.resolve("classes");
    String jars = graph + File.pathSeparator + engine;
    tool("javac", "-p", jars, "-d", classes.toString(), source.toString(), module.toString());
    Model model = Sparsified.of(Zoo.build("lenet-5", 1), 0.9, SeededRandom.fresh());
    Path file = folder.resolve("net.onnx");
    Onnx.write(model, file);

    List<String> said = run(jars + File.pathSeparator + classes, file);

    float[] expected = expected(model);
    List<String> values = said.stream().filter(line -> line.startsWith("y ")).toList();
    assertThat(values).as(String.join("\n", said)).hasSameSizeAs(expected);
    for (int k = 0; k < expected.length; k++) {
      assertThat(Float.parseFloat(values.get(k).substring(2)))
          .isCloseTo(expected[k], within(1e-4f + 1e-4f * Math.abs(expected[k])));
    }
    assertThat(said)
        .filteredOn(line -> line.startsWith("kernels "))
        .singleElement()
        .as("the Vector API needs no flag")
        .asString()
        .doesNotContain("scalar");
    assertThat(said)
        .filteredOn(line -> line.startsWith("library "))
        .allMatch(line -> line.matches("library (/usr)?/lib.*") || line.contains(javaHome()));
  }

  private static float[] expected(Model model) {
    float[] pixels = new float[28 * 28];
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = k % 7 - 3;
    }
    try (Session session = Engine.compile(model)) {
      return session.run(Tensor.of(pixels, 1, 1, 28, 28)).floats();
    }
  }

  private static String javaHome() {
    try {
      return Path.of(System.getProperty("java.home")).toRealPath().toString();
    } catch (IOException missing) {
      throw new AssertionError(missing);
    }
  }

  /** The module that {@code type} comes from, as a jar. */
  private Path jar(String name, Class<?> type) throws URISyntaxException {
    Path from = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (Files.isRegularFile(from)) {
      return from;
    }
    Assumptions.assumeTrue(
        Files.exists(from.resolve("module-info.class")), () -> from + " is no module");
    Path jar = folder.resolve(name);
    tool("jar", "--create", "--file", jar.toString(), "-C", from.toString(), ".");
    return jar;
  }

  private static void tool(String name, String... arguments) {
    ToolProvider tool = ToolProvider.findFirst(name).orElseThrow();
    assertThat(tool.run(System.out, System.err, arguments)).as(name).isZero();
  }

  private List<String> run(String modulePath, Path file) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(javaHome(), "bin", "java").toString());
    command.addAll(List.of("-p", modulePath, "-m", "fresh/fresh.Main", file.toString()));
    Path said = folder.resolve("said.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    int status = process.waitFor();
    String text = Files.readString(said, UTF_8);
    assertThat(status).as(text).isZero();
    return text.lines().toList();
  }
}
