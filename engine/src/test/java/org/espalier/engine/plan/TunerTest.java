package org.espalier.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToLongFunction;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is measured, what follows from it and what is remembered, by a clock of the test's own. */
class TunerTest {
  private static final long MILLI = 1_000_000;
  private static final int CHANNELS = 12;

  private final SeededRandom random = SeededRandom.fresh();

  @TempDir Path folder;

  /** Zeros scattered alike in every test, so that each tries strips of one, two and three rows. */
  private Tensor weights(double sparsity) {
    var pattern = new Random(1);
    Tensor w = random.gaussian(CHANNELS, CHANNELS, 1, 1);
    for (long k = 0; k < w.size(); k++) {
      w.setFloat(k, pattern.nextDouble() < sparsity ? 0 : 2 + w.floatAt(k));
    }
    return w;
  }

  /** Two convolutions with these shares of zeros, of images that one call of a kernel computes. */
  private Model model(double first, double second) {
    var nodes =
        List.of(
            // Leaves its result as convolutions want it, so that no conversion's guess is added.
            Node.of(
                "MaxPool", List.of("x"), List.of("p"), Map.of("kernel_shape", Attribute.of(1, 1))),
            Node.of("Conv", List.of("p", "w"), List.of("a"), Map.of()),
            Node.of("Relu", List.of("a"), List.of("b"), Map.of()),
            Node.of("Conv", List.of("b", "v"), List.of("c"), Map.of()),
            Node.of("Relu", List.of("c"), List.of("y"), Map.of()));
    var graph =
        new Graph(
            "two",
            nodes,
            Map.of("w", weights(first), "v", weights(second)),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(1, CHANNELS, 4, 6))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(1, CHANNELS, 4, 6))));
    return Model.of(graph, 10, 21);
  }

  private static List<Choice> plan(
      Model model, SlowKernels slow, String name, int threads, PlanCache cache) {
    var compiler =
        new Compiler(model, slow.kernels(name), threads, cache, Compiler.CHUNK_BYTES, slow::now);
    return compiler.plan(Map.of("x", new long[] {1, CHANNELS, 4, 6})).choices().stream()
        .filter(choice -> choice.op().equals("Conv"))
        .toList();
  }

  private static List<Choice> plan(Model model, SlowKernels slow, PlanCache cache) {
    return plan(model, slow, "slow", 1, cache);
  }

  /** Kernels of which strips of {@code height} rows are the fastest. */
  private static SlowKernels fastAt(int height) {
    return new SlowKernels(w -> w.height() == height ? 2 * MILLI : 6 * MILLI);
  }

  @ParameterizedTest
  @CsvSource({"1, sparse", "2, 'sparse, 2x1 blocks'", "3, 'sparse, 3x1 blocks'"})
  void theFastestIsTaken(int height, String kernel) {
    assertThat(plan(model(0.6, 0.59), fastAt(height), PlanCache.none()))
        .hasSize(2)
        .allSatisfy(
            choice -> {
              assertThat(choice.kernel()).isEqualTo(kernel);
              assertThat(choice.reason()).startsWith("measured: ").contains(kernel + " 2000.0 us");
              assertThat(choice.reason().split("6000.0 us", -1)).hasSize(3);
              assertThat(choice.micros()).isEqualTo(2000);
            });
  }

  @Test
  void aLayerIsMeasuredOnceAndItsTwinNever() {
    PlanCache cache = PlanCache.none();
    SlowKernels first = fastAt(2);
    List<Choice> plan = plan(model(0.6, 0.6), first, cache);
    assertThat(plan.get(1).reason()).isEqualTo(plan.get(0).reason());
    int once = first.products();
    // Three trials: a run that is the fastest so far and three that are not.
    assertThat(once).isEqualTo(3 * 4);
    SlowKernels second = fastAt(1);
    assertThat(plan(model(0.6, 0.6), second, cache)).isEqualTo(plan);
    assertThat(second.products()).isZero();
  }

  @Test
  void anotherProcessFollowsTheFile() throws IOException {
    Path file = folder.resolve("net.plan");
    Model model = model(0.6, 0.5);
    List<Choice> plan = plan(model, fastAt(2), PlanCache.in(file));
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(3);
    for (int k = 0; k < 2; k++) {
      assertThat(lines.get(k + 1)).endsWith(plan.get(k).reason());
    }
    SlowKernels other = fastAt(1);
    assertThat(plan(model, other, PlanCache.in(file))).isEqualTo(plan);
    assertThat(other.products()).isZero();
    assertThat(file).hasContent(String.join("\n", lines) + "\n");
    // What the file says counts, whatever would be measured; a kernel unknown to the layer doesn't.
    lines.set(1, key(lines.get(1)) + "\tsparse, 3x1 blocks\t7.5\tby hand");
    lines.set(2, key(lines.get(2)) + "\tmagic\t7.5\tby hand");
    Files.write(file, lines);
    List<Choice> edited = plan(model, other, PlanCache.in(file));
    assertThat(edited.get(0).kernel()).isEqualTo("sparse, 3x1 blocks");
    assertThat(edited.get(0).micros()).isEqualTo(7.5);
    assertThat(edited.get(0).reason()).isEqualTo("by hand");
    assertThat(edited.get(1).reason()).startsWith("measured: ");
    assertThat(other.products()).isPositive();
  }

  private static String key(String line) {
    return line.substring(0, line.indexOf('\t'));
  }

  @Test
  void otherCircumstancesAreMeasuredAnew() {
    PlanCache cache = PlanCache.none();
    plan(model(0.6, 0.6), fastAt(2), cache);
    var circumstances =
        List.<ToLongFunction<SlowKernels>>of(
            slow -> plan(model(0.6, 0.6), slow, "others", 1, cache).size(),
            slow -> plan(model(0.6, 0.6), slow, "slow", 2, cache).size(),
            slow -> plan(model(0.56, 0.6), slow, "slow", 1, cache).size());
    for (ToLongFunction<SlowKernels> other : circumstances) {
      SlowKernels slow = fastAt(1);
      assertThat(other.applyAsLong(slow)).isEqualTo(2);
      assertThat(slow.products()).isPositive();
    }
  }

  @Test
  void onlyWhatTookLongIsWorthAFile() {
    Path file = folder.resolve("net.plan");
    PlanCache cache = PlanCache.in(file);
    plan(model(0.6, 0.6), new SlowKernels(w -> 8 * MILLI), cache);
    assertThat(file).as("96 ms").doesNotExist();
    plan(model(0.5, 0.5), new SlowKernels(w -> 20 * MILLI), cache);
    assertThat(file).as("120 ms").exists();
  }

  @Test
  void aPlanIsNotMeasuredForLongerThanSeconds() {
    PlanCache cache = PlanCache.none();
    var slow = new SlowKernels(w -> 1000 * MILLI * w.height());
    List<Choice> plan = plan(model(0.6, 0.57), slow, cache);
    assertThat(plan.get(0).reason()).startsWith("measured: ").contains("sparse 1000000.0 us");
    assertThat(plan.get(1).reason()).startsWith("estimated, as other layers took the time");
    // By the first layer's times for each multiply-add.
    assertThat(plan.get(1).kernel()).isEqualTo("sparse");
    assertThat(plan(model(0.5, 0.5), slow, cache))
        .as("not remembered, and another plan has time again")
        .allSatisfy(choice -> assertThat(choice.reason()).startsWith("measured: "));
  }
}
