package org.espalier.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference networks run as ONNX Runtime runs them, and all of them can be trained. */
class ZooTest {
  private static final long SMALL = 1_000_000;
  private static final long MIDDLE = 15_000_000;

  private static Stream<String> small() {
    return upTo(SMALL);
  }

  private static Stream<String> middle() {
    return upTo(MIDDLE);
  }

  private static Stream<String> upTo(long parameters) {
    return Zoo.names().stream().filter(name -> Zoo.describe(name).parameters() <= parameters);
  }

  @ParameterizedTest
  @MethodSource("middle")
  void everyTrainedNumberIsAParameter(String name) {
    Model model = Views.of(Zoo.build(name, 1));
    Map<String, Tensor> initializers = model.graph().initializers();
    var trainable = Trainable.of(model.graph());
    long count = trainable.stream().mapToLong(weight -> initializers.get(weight).size()).sum();
    var others = new TreeSet<>(initializers.keySet());
    others.removeAll(trainable);
    assertThat(count)
        .as("not among the parameters: %s", others)
        .isEqualTo(Zoo.describe(name).parameters());
  }

  @ParameterizedTest
  @MethodSource("small")
  void agreesWithOnnxRuntimeAndTrains(String name) {
    Model model = Zoo.build(name, 1);
    try (var reference = OnnxRuntime.of(model);
        var net = TorchModel.of(model, TorchModel.Options.usual().withThreads(1))) {
      Map<String, Tensor> inputs = RandomInputs.takenBy(reference, model, 7, 2);
      Map<String, Tensor> expected = reference.run(inputs);
      net.run(inputs)
          .forEach(
              (output, tensor) ->
                  assertThat(Agreement.of(expected.get(output), tensor).reason()).isEmpty());
      assertEveryParameterMoves(net, inputs);
    }
  }

  private static void assertEveryParameterMoves(TorchModel net, Map<String, Tensor> inputs) {
    try (var _ = new PointerScope()) {
      var views = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
      inputs.forEach((input, tensor) -> views.put(input, Libtorch.view(tensor)));
      var loss = net.forward(views, Mode.TRAIN).output().sin().sum();
      var still = new TreeSet<String>();
      net.gradients(loss)
          .forEach(
              (weight, gradient) -> {
                if (torch.max(gradient.abs()).item_double() == 0) {
                  still.add(weight);
                }
              });
      assertThat(still).isEmpty();
    }
  }
}
