package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Budget;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Nets;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.repair.Repair;
import org.espalier.torch.TorchModel;
import org.junit.jupiter.api.Test;

class RepairedRecipeTest {
  private final SeededRandom random = SeededRandom.fresh();

  @Test
  void leastSquaresBringsTheOutputsNearer() {
    Model dense = Nets.mixed(random.nextLong());
    Calibration calibration = Nets.calibration(random.nextLong(), 800);
    ChannelRecipe recipe = ChannelRecipe.named("l1-filter");
    Model plain = recipe.apply(dense).model();
    Set<String> weights =
        Layers.of(dense).layers().stream().map(Layer::weight).collect(Collectors.toSet());
    try (Evidence evidence = Evidence.of(dense, weights, calibration)) {
      ChannelRecipe repaired = recipe.repair(Repair.parse("least-squares"));
      Model mended = repaired.apply(dense, evidence, Meters.NONE).model();
      assertThat(error(dense, mended)).isLessThan(0.9 * error(dense, plain));
    }
  }

  @Test
  void withoutDataThereIsNoRepair() {
    ChannelRecipe recipe =
        ChannelRecipe.named("l1-filter").repair(Repair.parse("bias,least-squares"));
    assertThatThrownBy(() -> recipe.apply(Nets.mixed(1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("calibration data");
  }

  @Test
  void fusionNeedsNoData() {
    Model dense = Nets.mixed(random.nextLong());
    ChannelRecipe recipe = ChannelRecipe.named("l1-filter");
    Model fused = recipe.repair(Repair.parse("intra-fusion")).apply(dense).model();
    Model plain = recipe.apply(dense).model();
    assertThat(fused).isNotEqualTo(plain);
    assertThat(fused.graph().nodes()).isEqualTo(plain.graph().nodes());
  }

  /** Each of four filters twice: near ones are found, and what is read from both is added up. */
  @Test
  void copiesAreFoundAndMerged() {
    GraphBuilder builder = GraphBuilder.of("net", random.nextInt(100));
    Value x = builder.input("input", 3, 6, 6).conv("a", 8, Conv.kernel(3).biased()).relu();
    Model built = builder.output("logits", x.conv("b", 5, Conv.kernel(3))).build();
    Tensor filters = random.gaussian(8, 3, 3, 3);
    Tensor bias = random.gaussian(8);
    for (int k = 0; k < 4; k++) {
      bias.setFloat(4 + k, bias.floatAt(k));
      for (int j = 0; j < 27; j++) {
        filters.setFloat((4 + k) * 27 + j, filters.floatAt(k * 27 + j));
      }
    }
    var ours = Map.of("a.weight", filters, "a.bias", bias);
    Model model = built.withGraph(Constants.replace(built.graph(), ours));
    ChannelRecipe recipe =
        ChannelRecipe.named("spline-pruning").budget(Budget.parse("channels=0.5"));
    Model cut = recipe.apply(model).model();
    Model merged = recipe.repair(Repair.parse("intra-fusion")).apply(model).model();
    assertThat(merged.graph().initializer("a.weight").orElseThrow().dim(0)).isEqualTo(4);
    Tensor input = SeededRandom.of(7).gaussian(64, 3, 6, 6);
    Tensor expected = outputs(model, input);
    Tensor actual = outputs(merged, input);
    for (long k = 0; k < expected.size(); k++) {
      assertThat(actual.realAt(k)).isCloseTo(expected.realAt(k), within(1e-4));
    }
    assertThat(error(model, cut)).isGreaterThan(1);
  }

  private double error(Model expected, Model actual) {
    Tensor input = SeededRandom.of(7).gaussian(64, 3, 6, 6);
    Tensor a = outputs(expected, input);
    Tensor b = outputs(actual, input);
    double sum = 0;
    for (long k = 0; k < a.size(); k++) {
      double difference = a.floatAt(k) - b.floatAt(k);
      sum += difference * difference;
    }
    return sum;
  }

  private static Tensor outputs(Model model, Tensor input) {
    try (TorchModel torch = TorchModel.of(model)) {
      return torch.run(Map.of("input", input)).get("logits");
    }
  }
}
