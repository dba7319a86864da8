package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
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
