package org.espalier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.junit.jupiter.api.Test;

class RedrawnTest {
  private static final Model NETWORK = Zoo.build("resnet20", 5);

  @Test
  void weightsAreDrawnAfterHe() {
    Model redrawn = Redrawn.of(NETWORK, 7);
    Map<String, Tensor> now = Constants.of(redrawn.graph());
    for (Layer layer : Layers.of(NETWORK).layers()) {
      Tensor weight = now.get(layer.weight());
      double squares = 0;
      for (long k = 0; k < weight.size(); k++) {
        assertThat(weight.realAt(k)).isNotEqualTo(layer.tensor().realAt(k));
        squares += weight.realAt(k) * weight.realAt(k);
      }
      double expected = 2.0 / layer.columns();
      double spread = 6 * Math.sqrt(2.0 / weight.size()) * expected;
      assertThat(squares / weight.size()).isCloseTo(expected, within(spread));
    }
  }

  @Test
  void normalisationsDoNothing() {
    Model redrawn = Redrawn.of(NETWORK, 7);
    Map<String, Tensor> now = Constants.of(redrawn.graph());
    double[] neutral = {1, 0, 0, 1};
    int norms = 0;
    for (Node node : redrawn.graph().nodes()) {
      for (int k = 0; node.is("BatchNormalization") && k < 4; k++) {
        norms++;
        for (float value : now.get(node.inputs().get(k + 1)).floats()) {
          assertThat((double) value).isEqualTo(neutral[k]);
        }
      }
    }
    assertThat(norms).isPositive();
  }

  @Test
  void theSeedDecides() {
    assertThat(Constants.of(Redrawn.of(NETWORK, 7).graph()))
        .isEqualTo(Constants.of(Redrawn.of(NETWORK, 7).graph()));
    String first = Layers.of(NETWORK).layers().getFirst().weight();
    assertThat(Constants.of(Redrawn.of(NETWORK, 7).graph()).get(first))
        .isNotEqualTo(Constants.of(Redrawn.of(NETWORK, 8).graph()).get(first));
  }
}
