package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Test;

class ScaledBranchesTest {
  /** What was fed gives the same in both. */
  private static void assertAgree(Model expected, Model actual, String input, Tensor x) {
    try (var one = OnnxRuntime.of(expected);
        var other = OnnxRuntime.of(actual)) {
      var inputs = Map.of(input, x);
      one.run(inputs)
          .forEach(
              (name, value) -> {
                Agreement agreement = Agreement.of(value, other.run(inputs).get(name));
                assertThat(agreement.holds()).as(agreement.reason()).isTrue();
              });
    }
  }

  /** The model with these initializers multiplied. */
  private static Model times(Model model, Iterable<String> names, double factor) {
    var scaled = new HashMap<String, Tensor>();
    for (String name : names) {
      Tensor tensor = model.graph().initializer(name).orElseThrow().copy();
      for (long k = 0; k < tensor.size(); k++) {
        tensor.setReal(k, factor * tensor.realAt(k));
      }
      scaled.put(name, tensor);
    }
    return model.withGraph(model.graph().replacing(scaled));
  }

  /** Its last layer scaled scales a branch, too. */
  @Test
  void aFactorIsAsGoodAsItsLastLayers() {
    Net net = new Net();
    String x = net.conv("x", 6, 8);
    for (int k = 0; k < 3; k++) {
      String inner = net.add("Relu", net.conv(x, 8, 5));
      x = net.add("Relu", net.add("Add", x, net.conv(inner, 5, 8)));
    }
    Model model = net.model(17);
    Blocks blocks = Blocks.of(model);
    ScaledBranches scaled = ScaledBranches.of(model);
    assertThat(scaled.sums()).hasSize(3);
    assertThat(scaled.factor()).isEqualTo(1 / Math.sqrt(3));
    List<String> last = blocks.all().stream().flatMap(block -> block.last().stream()).toList();
    assertAgree(
        times(blocks.model(), last, scaled.factor()),
        scaled.model(),
        "x",
        SeededRandom.fresh().gaussian(2, 6, 8, 8));
  }

  /** In a fused normalisation the bias is part of the branch. */
  @Test
  void sumsInsideOfNormalisations() {
    Model model = BlocksTest.fused();
    Blocks blocks = Blocks.of(model);
    ScaledBranches scaled = ScaledBranches.of(model);
    assertThat(scaled.sums()).hasSize(2);
    List<String> last = blocks.all().stream().flatMap(block -> block.last().stream()).toList();
    assertAgree(
        times(blocks.model(), last, scaled.factor()),
        scaled.model(),
        "x",
        SeededRandom.fresh().gaussian(2, 7, 8));
  }

  /** The longer path from a fork is the branch. */
  @Test
  void besideAProjection() {
    Net net = new Net();
    String x = net.add("Relu", net.conv("x", 6, 8));
    String shortcut = net.conv(x, 8, 10);
    String before = net.add("Relu", net.conv(x, 8, 5));
    String lastWeight = net.weight(10, 5, 1, 1);
    String lastBias = net.weight(10);
    net.add("Add", net.add("Conv", before, lastWeight, lastBias), shortcut);
    Model model = net.model(17);
    ScaledBranches scaled = ScaledBranches.of(model);
    assertThat(scaled.sums()).hasSize(1);
    assertThat(scaled.factor()).isEqualTo(1);
    net = new Net();
    x = net.add("Relu", net.conv("x", 6, 8));
    net.add("Add", net.conv(x, 8, 8), net.conv(x, 8, 8));
    assertThat(ScaledBranches.of(net.model(17)).sums()).as("neither is longer").isEmpty();
  }

  @Test
  void theZoosNetworksHaveAllTheirs() {
    Map<String, Integer> branches =
        Map.of(
            "resnet20", 9, "resnet18", 8, "wide-resnet-28-2", 12, "mobilenetv2", 10, "vgg11-bn", 0);
    branches.forEach(
        (name, count) ->
            assertThat(ScaledBranches.of(Zoo.build(name, 1)).sums()).as(name).hasSize(count));
  }

  /** No weight is touched, and nothing that counts as a parameter is added. */
  @Test
  void weightsStayAsTheyAre() {
    Model model = Zoo.build("resnet20", 3);
    Model scaled = ScaledBranches.of(model).model();
    assertThat(Inspection.of(scaled).parameters()).isEqualTo(Inspection.of(model).parameters());
    assertThat(weights(scaled)).isEqualTo(weights(model));
  }

  private static Map<String, Tensor> weights(Model model) {
    return Layers.of(model).layers().stream()
        .collect(Collectors.toMap(Layer::weight, Layer::tensor));
  }
}
