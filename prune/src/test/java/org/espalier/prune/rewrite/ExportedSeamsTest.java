package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.coupling.Granularity;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.proof.Masked;
import org.espalier.prune.proof.RandomRemoval;
import org.espalier.reference.Agreement;
import org.espalier.reference.ConformanceCase;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Networks as exporters write them, with channels that layers choose for themselves. */
class ExportedSeamsTest {
  /** Another tenth each time. */
  private static final int EVERY = 10;

  @ParameterizedTest
  @EnumSource(names = {"READERS", "OPERANDS"})
  @Tag("slow")
  void maskedEqualsRemoved(Freedom freedom) throws IOException {
    long seed = SeededRandom.fresh().nextLong(1_000_000);
    var failures = new ArrayList<String>();
    try (Stream<Path> folders = Files.list(TestData.of("exported"))) {
      List<Path> sorted = folders.sorted().toList();
      for (int k = (int) (seed % EVERY); k < sorted.size(); k += EVERY) {
        Path folder = sorted.get(k);
        try {
          prove(folder, freedom, seed, failures);
        } catch (RuntimeException | AssertionError thrown) {
          failures.add(folder.getFileName() + ": " + thrown);
        }
      }
    }
    assertThat(failures).as("seed %d", seed).isEmpty();
  }

  private static void prove(Path folder, Freedom freedom, long seed, List<String> failures) {
    Model model = Onnx.read(folder.resolve("model.onnx"));
    Coupling coupling = Coupling.of(model, Granularity.HEADS, freedom);
    if (coupling.seams().isEmpty()) {
      return;
    }
    BitSet drawn = RandomRemoval.draw(coupling, seed).channels();
    Removal removal = new Removal(coupling, coupling.implied(drawn, new BitSet()));
    Map<String, Tensor> inputs =
        ConformanceCase.walk(folder).toList().getFirst().dataSets().getFirst().readInputs(model);
    Masked masked = Masked.of(coupling);
    try (var expected = OnnxRuntime.of(masked.model());
        var actual = OnnxRuntime.of(Rewriting.of(Ordering.of(removal)).model())) {
      Map<String, Tensor> found = actual.run(inputs);
      expected
          .run(masked.inputs(inputs, removal))
          .forEach(
              (name, tensor) -> {
                Agreement agreement = Agreement.of(tensor, found.get(name), 1e-3);
                if (!agreement.holds()) {
                  failures.add("%s: %s".formatted(folder.getFileName(), agreement.reason()));
                }
              });
    }
  }
}
