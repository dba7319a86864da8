package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Test;

/** NaN and infinity in the input, with pruned weights behind it, as ONNX Runtime has them. */
class NonFiniteTest {
  private static final float[] VALUES = {
    Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
  };

  /** Where ONNX Runtime keeps or loses NaN by where it stands. */
  private static final Set<String> NOT_FOR_NAN =
      Set.of("GlobalMaxPool", "MaxPool", "ReduceMax", "ReduceMin");

  /** Running sums, which ONNX Runtime subtracts from again, and pixels that are weighted by 0. */
  private static final Set<String> LEFT_OUT = Set.of("LRN", "Resize");

  private final SeededRandom random = SeededRandom.fresh();

  @Test
  void randomLayersAgreeWithOnnxRuntime() {
    long first = random.nextLong();
    int count = Integer.getInteger("espalier.graphs", 25);
    for (long seed = first; seed < first + count; seed++) {
      Model model = RandomGraph.of(seed, 1);
      for (float value : VALUES) {
        if (!holds(model, LEFT_OUT) && !(Float.isNaN(value) && holds(model, NOT_FOR_NAN))) {
          check(model, 2, value, "graph " + seed);
        }
      }
    }
  }

  private static boolean holds(Model model, Set<String> operators) {
    return model.graph().nodes().stream().anyMatch(node -> operators.contains(node.op()));
  }

  @Test
  void aPrunedNetworkAgreesWithOnnxRuntime() {
    Model model = Sparsified.of(Zoo.build("resnet20", 1), 0.9, random);
    for (float value : VALUES) {
      check(model, 2, value, "resnet20");
    }
  }

  /** The next run, of numbers, is none the worse. */
  @Test
  void runsOfNumbersGoOn() {
    var builder = GraphBuilder.of("conv", random.nextLong());
    builder.output("y", builder.input("x", 3, 7, 7).conv("conv", 5, Conv.kernel(3).pad(1)).relu());
    Model model = Sparsified.of(builder.build(), 0.8, random);
    Tensor x = random.gaussian(2, 3, 7, 7);
    Tensor odd = x.copy();
    odd.setFloat(17, Float.NaN);
    try (Session session = Engine.compile(model, new Options(2))) {
      Tensor before = session.run(x);
      session.run(odd);
      assertThat(session.run(x)).isEqualTo(before);
    }
  }

  private void check(Model model, int batch, float value, String name) {
    Map<String, Tensor> inputs = Sparsified.inputs(model, batch, random);
    for (Tensor tensor : inputs.values()) {
      tensor.setFloat(random.nextLong(tensor.size()), value);
    }
    try (OnnxRuntime reference = OnnxRuntime.of(model);
        Session session = Engine.compile(model, new Options(1))) {
      Map<String, Tensor> actual = session.run(inputs);
      reference
          .run(inputs)
          .forEach(
              (output, expected) -> {
                Agreement agreement = Agreement.of(expected, actual.get(output), 1e-4);
                assertThat(agreement.holds())
                    .as("%s of %s, %s, %s: %s", output, name, ops(model), value, agreement.reason())
                    .isTrue();
              });
    }
  }

  private static List<String> ops(Model model) {
    return model.graph().nodes().stream().map(node -> node.op()).toList();
  }
}
