package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Calibration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LowPowerTest {
  private final SeededRandom random = SeededRandom.fresh();

  @ParameterizedTest
  @ValueSource(doubles = {0.25, 0.5, 0.8})
  void blocksGoWholeAndAsManyAsAsked(double sparsity) {
    GraphBuilder builder = GraphBuilder.of("mlp", random.nextInt(100));
    Model model =
        builder.output("y", builder.input("x", 18).linear("a", 12).relu().linear("b", 6)).build();
    Calibration data = Calibration.of("x", random.gaussian(40, 18), null, 16);
    var masks =
        Recipe.named("lpvit")
            .pattern(new Pattern.Block(2, 3))
            .sparsity(sparsity)
            .apply(model, data)
            .masks();
    Map<String, Integer> gone = new HashMap<>();
    for (Layer layer : Layers.of(model).layers()) {
      Mask mask = masks.byWeight().get(layer.weight());
      for (int row = 0; row < layer.rows(); row++) {
        for (int column = 0; column < layer.columns(); column++) {
          assertThat(mask.keeps(layer.index(row, column)))
              .isEqualTo(mask.keeps(layer.index(row / 2 * 2, column / 3 * 3)));
        }
      }
      gone.merge("blocks", mask.pruned() / 6, Integer::sum);
    }
    int blocks = (18 * 12 + 12 * 6) / 6;
    assertThat(gone.get("blocks")).isEqualTo((int) (sparsity * blocks));
  }
}
