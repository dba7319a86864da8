package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.espalier.engine.plan.Choice;
import org.espalier.engine.plan.SlowKernels;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From one session to the next; {@code TunerTest} has the rest. */
class RememberedPlanTest {
  private final SeededRandom random = SeededRandom.fresh();

  @TempDir Path folder;

  private Model convolution() {
    return Model.of(
        new Graph(
            "one",
            List.of(Node.of("Conv", List.of("x", "w"), List.of("y"), Map.of())),
            Map.of("w", random.gaussian(5, 3, 1, 1)),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(1, 3, 4, 6))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(1, 5, 4, 6)))),
        10,
        21);
  }

  /** At least these milliseconds for a product, by every clock. */
  private static SlowKernels slow(long millis) {
    return new SlowKernels(
        w -> {
          try {
            Thread.sleep(millis);
          } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
          }
          return 0;
        });
  }

  private static List<Choice> plan(Model model, Options options, SlowKernels slow) {
    try (Session session = Engine.compile(model, options, slow.kernels("slow"))) {
      return session.plan();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPlanIsMeasuredOnce(boolean beside) {
    Path file = folder.resolve(beside ? "net.onnx.espalier-plan" : "net.plan");
    var none = new Options(1);
    Options options =
        beside ? none.withPlanCacheBeside(folder.resolve("net.onnx")) : none.withPlanCache(file);
    Model model = convolution();
    SlowKernels first = slow(50);
    List<Choice> plan = plan(model, options, first);
    assertThat(first.products()).isPositive();
    assertThat(file).exists();
    SlowKernels second = slow(0);
    assertThat(plan(model, options, second))
        .singleElement()
        .satisfies(
            choice -> {
              assertThat(choice.kernel()).isEqualTo(plan.getFirst().kernel());
              assertThat(choice.reason()).isEqualTo(plan.getFirst().reason());
            });
    assertThat(second.products()).isZero();
  }

  @Test
  void nothingIsKeptUnasked() {
    Model model = convolution();
    plan(model, new Options(1), slow(50));
    SlowKernels second = slow(0);
    plan(model, new Options(1), second);
    assertThat(second.products()).isPositive();
    assertThat(folder).isEmptyDirectory();
  }
}
