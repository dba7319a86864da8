package org.espalier.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.reference.Agreement;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kernels for vectors of other widths than this machine's, in a virtual machine of their own: what
 * the processor lacks the JVM imitates, slowly.
 */
class OtherVectorsTest {
  private static final int GRAPHS = 15;
  private static final int STEPS = 10;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 64})
  void agreeWithScalarKernels(int bytes) throws IOException, InterruptedException {
    Path said = folder.resolve("said.txt");
    var command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-ea",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-Despalier.vector.bytes=" + bytes,
            "-cp",
            System.getProperty("java.class.path"),
            OtherVectorsTest.class.getName());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    int status = process.waitFor();
    String text = Files.readString(said, UTF_8);
    assertThat(status).as(text).isZero();
    assertThat(text).contains(bytes / 4 + " lanes").contains(GRAPHS + " graphs agree");
  }

  public static void main(String[] arguments) {
    Kernels kernels = Kernels.best();
    System.out.println(kernels.name() + ", " + kernels.lanes() + " lanes");
    for (int seed = 0; seed < GRAPHS; seed++) {
      Model model = RandomGraph.of(seed, STEPS);
      Map<String, Tensor> inputs = Sparsified.inputs(model, 1 + seed % 3, new Random(seed));
      Map<String, Tensor> expected = run(model, inputs, Kernels.scalar(kernels.lanes()));
      Map<String, Tensor> actual = run(model, inputs, kernels);
      expected.forEach(
          (name, tensor) -> {
            Agreement agreement = Agreement.of(tensor, actual.get(name));
            if (!agreement.holds()) {
              throw new AssertionError(name + ": " + agreement.reason());
            }
          });
    }
    System.out.println(GRAPHS + " graphs agree");
  }

  private static Map<String, Tensor> run(Model model, Map<String, Tensor> inputs, Kernels kernels) {
    try (Session session = Engine.compile(model, Options.standard(), kernels)) {
      return session.run(inputs);
    }
  }
}
