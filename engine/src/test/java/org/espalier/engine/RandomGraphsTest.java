package org.espalier.engine;

import static org.assertj.core.api.Assertions.fail;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.plan.Compiler;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random graphs on the engine and on ONNX Runtime. A failure names the seed of its graph and the
 * fewest steps that fail; {@code -Despalier.seed=N -Despalier.graphs=1} runs that graph alone.
 */
class RandomGraphsTest {
  private static final int MOST_STEPS = 12;
  private static final double TOLERANCE = 1e-4;

  /** What a change of the inputs in their last digits may change; more, and rounding shows. */
  private static final double STEADY = 1e-5;

  /** What sums of numbers around one lose, and GELU far below zero shows where all is small. */
  private static final double ROUNDING = 1e-6;

  /** Runs every so many-th graph: the scalar twins take their time. */
  private record Contender(String name, Kernels kernels, int threads, int every, long chunk) {
    Contender(String name, Kernels kernels, int threads, int every) {
      this(name, kernels, threads, every, Compiler.CHUNK_BYTES);
    }
  }

  private static final List<Contender> CONTENDERS =
      List.of(
          new Contender("one thread", Kernels.best(), 1, 1),
          new Contender("two threads", Kernels.best(), 2, 2),
          new Contender("example by example", Kernels.best(), 1, 2, 1),
          new Contender("chunks on two threads", Kernels.best(), 2, 2, 20_000),
          new Contender("scalar", Kernels.scalar(8), 1, 4));

  @Test
  void agreeWithOnnxRuntime() {
    agree(Integer.getInteger("espalier.graphs", 12));
  }

  @Tag("slow")
  @Test
  void manyAgreeWithOnnxRuntime() {
    agree(Integer.getInteger("espalier.graphs", 3000));
  }

  private static void agree(int count) {
    long first = SeededRandom.fresh().nextLong();
    first = Long.getLong("espalier.seed", first);
    for (long seed = first; seed < first + count; seed++) {
      int steps = 1 + SeededRandom.of(seed).nextInt(MOST_STEPS);
      Optional<String> problem = problem(seed, steps);
      if (problem.isPresent()) {
        explain(seed, steps, problem.get());
      }
    }
  }

  /** Fails with the shortest prefix of the graph that does. */
  private static void explain(long seed, int steps, String problem) {
    for (int fewer = 1; fewer < steps; fewer++) {
      Optional<String> sooner = problem(seed, fewer);
      if (sooner.isPresent()) {
        fail("-Despalier.seed=%d, %d steps: %s", seed, fewer, sooner.get());
      }
    }
    fail("-Despalier.seed=%d, %d steps: %s", seed, steps, problem);
  }

  private static Optional<String> problem(long seed, int steps) {
    Model model = RandomGraph.of(seed, steps);
    var random = new Random(seed);
    try (OnnxRuntime reference = OnnxRuntime.of(model)) {
      var batches = List.of(1, 1 + random.nextInt(5), random.nextInt(4) == 0 ? 16 : 2);
      for (Contender contender : CONTENDERS) {
        if (Math.floorMod(seed, contender.every) != 0) {
          continue;
        }
        try (Session session =
            Engine.compile(
                model, new Options(contender.threads), contender.kernels, contender.chunk)) {
          for (int batch : batches) {
            Map<String, Tensor> inputs = Sparsified.inputs(model, batch, random);
            Optional<String> problem = problem(reference, session, inputs);
            if (problem.isPresent()) {
              return Optional.of(
                  "%s, batch %d: %s%n%s%n%s"
                      .formatted(
                          contender.name, batch, problem.get(), listing(model), plan(session)));
            }
          }
        } catch (RuntimeException failure) {
          throw new IllegalStateException(
              "-Despalier.seed=%d, %d steps, %s%n%s"
                  .formatted(seed, steps, contender.name, listing(model)),
              failure);
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> problem(
      OnnxRuntime reference, Session session, Map<String, Tensor> inputs) {
    Map<String, Tensor> expected = reference.run(inputs);
    Map<String, Tensor> actual = session.run(inputs);
    for (var entry : expected.entrySet()) {
      Agreement agreement = Agreement.of(entry.getValue(), actual.get(entry.getKey()), TOLERANCE);
      if (!agreement.holds()
          && agreement.maxAbsoluteError() > ROUNDING
          && isSteady(reference, inputs, entry.getKey(), entry.getValue())) {
        return Optional.of(entry.getKey() + " " + agreement.reason());
      }
    }
    return Optional.empty();
  }

  /** Whether ONNX Runtime's own result stays, where the inputs' last digits change. */
  private static boolean isSteady(
      OnnxRuntime reference, Map<String, Tensor> inputs, String output, Tensor expected) {
    var changed = new LinkedHashMap<String, Tensor>();
    inputs.forEach((name, tensor) -> changed.put(name, scaled(tensor, 1 + 1e-6f)));
    return Agreement.of(expected, reference.run(changed).get(output), STEADY).holds();
  }

  private static Tensor scaled(Tensor tensor, float factor) {
    Tensor copy = tensor.copy();
    for (long k = 0; k < copy.size(); k++) {
      copy.setFloat(k, copy.floatAt(k) * factor);
    }
    return copy;
  }

  private static String listing(Model model) {
    var text = new StringBuilder();
    model.graph().inputs().forEach(i -> text.append("%s %s%n".formatted(i.name(), i.type())));
    for (Node node : model.graph().nodes()) {
      text.append(
          "%s%s %s -> %s%n".formatted(node.op(), node.inputs(), node.attributes(), node.outputs()));
    }
    return text.toString();
  }

  private static String plan(Session session) {
    var text = new StringBuilder();
    session.plan().forEach(choice -> text.append(choice).append('\n'));
    return text.toString();
  }
}
