package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;

import org.espalier.graph.Model;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Nets;
import org.espalier.prune.Recipe;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LargestOfLayersTest {
  /** However a method spreads a budget over layers, of each it keeps the largest weights. */
  @ParameterizedTest
  @ValueSource(strings = {"lamp", "dimap", "sap", "rd-prune-dp"})
  void ofEachLayerTheLargestStay(String method) {
    Model model = Nets.mixed(SeededRandom.fresh().nextInt(1000));
    for (double sparsity : new double[] {0.3, 0.9}) {
      var masks =
          Recipe.named(method).sparsity(sparsity).apply(model, Nets.calibration(3, 20)).masks();
      for (Layer layer : Layers.of(model).layers()) {
        Mask mask = masks.byWeight().get(layer.weight());
        double kept = Double.MAX_VALUE;
        double pruned = 0;
        for (int k = 0; k < layer.size(); k++) {
          double magnitude = Math.abs(layer.tensor().realAt(k));
          kept = mask.keeps(k) ? Math.min(kept, magnitude) : kept;
          pruned = mask.keeps(k) ? pruned : Math.max(pruned, magnitude);
        }
        assertThat(kept).as(layer.weight()).isGreaterThanOrEqualTo(pruned);
      }
    }
  }
}
