package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Nets;
import org.espalier.prune.Outcome;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Task;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Synaptic flow on known examples, its laws of conservation, and layers that it never empties. */
class SynFlowTest {
  @Test
  void synapticFlowOnTheKnownExample() {
    GraphBuilder builder = GraphBuilder.of("two", 1);
    Value x = builder.input("x", 2).linear("a", 2).relu().linear("b", 1);
    Model model = builder.output("y", x).build();
    Map<String, Tensor> weights =
        Map.of(
            "a.weight", Tensor.of(new float[] {1, -2, 0, 1}, 2, 2),
            "a.bias", Tensor.of(new float[] {-5, 7}, 2),
            "b.weight", Tensor.of(new float[] {-1, 3}, 1, 2));
    Model known = model.withGraph(Constants.replace(model.graph(), weights));
    try (var flow = SynapticFlow.of(known, Layers.of(known).layers())) {
      assertThat(flow.total()).isEqualTo(6);
      assertThat(doubles(flow.shares().get("a.weight"))).containsExactly(1, 2, 0, 3);
      assertThat(doubles(flow.shares().get("b.weight"))).containsExactly(3, 3);
    }
  }

  private static double[] doubles(Tensor tensor) {
    return IntStream.range(0, (int) tensor.size()).mapToDouble(tensor::realAt).toArray();
  }

  /** VGG's shape in small: convolutions with batch normalisation that grow wider. */
  private static Model vgg(int... widths) {
    GraphBuilder builder = GraphBuilder.of("vgg", 7);
    Value x = builder.input("image", 3, 16, 16);
    for (int k = 0; k < widths.length; k++) {
      x = x.conv("conv" + k, widths[k], Conv.kernel(3).biased()).batchNorm("bn" + k).relu();
      x = k % 2 == 1 ? x.maxPool(2, 2, 0) : x;
    }
    return builder
        .output("logits", x.flatten().linear("classifier", 10, Init.lecunNormal()))
        .build();
  }

  @Test
  void everyLayersSharesSumToTheFlow() {
    Model model = vgg(5, 7, 8, 11);
    List<Layer> layers = Layers.of(model).layers();
    try (var flow = SynapticFlow.of(model, layers)) {
      double total = flow.total();
      flow.shares()
          .forEach(
              (weight, shares) ->
                  assertThat(Arrays.stream(doubles(shares)).sum())
                      .as(weight)
                      .isCloseTo(total, within(1e-9 * total)));
    }
  }

  /**
   * Signs, and what else a network is fed, leave the flow as it is; what enters a unit leaves it.
   */
  @Test
  void flowIsBlindToSignsAndNothingIsLostInAUnit() {
    Model model = InitializationMethodsTest.perceptron(1);
    var turned = new HashMap<String, Tensor>();
    Constants.of(model.graph())
        .forEach((name, weight) -> turned.put(name, name.startsWith("a") ? minus(weight) : weight));
    Model other = model.withGraph(Constants.replace(model.graph(), turned));
    try (var flow = SynapticFlow.of(model, Layers.of(model).layers());
        var same = SynapticFlow.of(other, Layers.of(other).layers())) {
      flow.shares()
          .forEach(
              (weight, shares) ->
                  assertThat(doubles(same.shares().get(weight))).isEqualTo(doubles(shares)));
      double[] in = doubles(flow.shares().get("a.weight"));
      double[] out = doubles(flow.shares().get("b.weight"));
      for (int unit = 0; unit < 11; unit++) {
        int first = unit * 108;
        int column = unit;
        assertThat(IntStream.range(0, 108).mapToDouble(k -> in[first + k]).sum())
            .isCloseTo(
                IntStream.range(0, 5).mapToDouble(k -> out[k * 11 + column]).sum(),
                within(1e-9 * flow.total()));
      }
    }
  }

  private static Tensor minus(Tensor weight) {
    return InitializationMethodsTest.scaled(weight.copy(), -1);
  }

  private static double flow(Model model) {
    try (var flow = SynapticFlow.of(model, Layers.of(model).layers())) {
      return flow.total();
    }
  }

  private static Calibration noise(String input, long... dims) {
    var random = SeededRandom.of(17);
    long[] classes = new long[(int) dims[0]];
    for (int k = 0; k < classes.length; k++) {
      classes[k] = random.nextInt(10);
    }
    return Calibration.of(input, random.gaussian(dims), Tensor.of(classes, classes.length), 50);
  }

  private static List<Model> nets() {
    return List.of(Zoo.build("lenet-300-100", 3), vgg(16, 16, 32, 32, 64, 64));
  }

  /**
   * At the end each layer has its weights on paths, where other rankings cut the network in two.
   */
  @ParameterizedTest
  @CsvSource({"0, 0.99, 0.9995", "1, 0.99, 0.999"})
  void synapticFlowNeverEmptiesALayer(int net, double high, double extreme) {
    Model model = nets().get(net);
    for (double sparsity : new double[] {high, extreme}) {
      Outcome out = Recipe.named("synflow").sparsity(sparsity).apply(model);
      assertThat(flow(out.model())).as("%s", sparsity).isPositive();
      out.masks().byWeight().forEach((w, mask) -> assertThat(mask.kept()).as(w).isGreaterThan(1));
    }
    String input = model.graph().inputs().getFirst().name();
    Calibration data = net == 0 ? noise(input, 50, 1, 28, 28) : noise(input, 50, 3, 16, 16);
    var cut = new ArrayList<String>();
    for (String method : List.of("magnitude", "snip")) {
      Outcome out = Recipe.named(method).sparsity(extreme).apply(model, data);
      boolean starved = out.masks().byWeight().values().stream().anyMatch(m -> m.kept() == 1);
      if (starved && flow(out.model()) == 0) {
        cut.add(method);
      }
    }
    assertThat(cut).containsExactly("magnitude", "snip");
  }

  @Test
  void aSingleRoundIsTheRankingByShares() {
    Model model = Nets.mixed(5);
    List<Layer> layers = Layers.of(model).layers();
    long prune = layers.stream().mapToLong(Layer::size).sum() * 3 / 4;
    var task =
        new Task(
            model, layers, new Pattern.Unstructured(), Allocation.GLOBAL, prune, Evidence.NONE, 0);
    Map<String, Mask> expected;
    try (var flow = SynapticFlow.of(model, layers)) {
      expected = task.select(flow.scores(layers)).byWeight();
    }
    new SynFlow(1)
        .prune(task)
        .forEach((weight, solution) -> assertThat(solution.mask()).isEqualTo(expected.get(weight)));
  }
}
