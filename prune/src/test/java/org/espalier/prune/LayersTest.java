package org.espalier.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

class LayersTest {
  @Test
  void everyStorageIsFoundWithOutputsAsRows() {
    Layers layers = Layers.of(Nets.mixed(3));
    assertThat(layers.layers().stream().map(Layer::weight))
        .containsExactly("conv.weight", "fc1.weight", "fc2.weight", "fc3.weight", "fc4.weight");
    assertThat(layers.layers().stream().map(Layer::rows)).containsExactly(7, 13, 11, 9, 5);
    assertThat(layers.layers().stream().map(Layer::columns)).containsExactly(27, 112, 13, 11, 9);
    assertThat(layers.skipped()).isEmpty();
  }

  @Test
  void indexCoversTheTensorOnce() {
    for (Layer layer : Layers.of(Nets.mixed(3)).layers()) {
      var seen = new BitSet();
      for (int row = 0; row < layer.rows(); row++) {
        for (int column = 0; column < layer.columns(); column++) {
          seen.set(layer.index(row, column));
        }
      }
      assertThat(seen.cardinality()).as("%s", layer).isEqualTo(layer.size());
      assertThat(seen.length()).isEqualTo(layer.size());
    }
  }

  @Test
  void nothingIsSkippedInSilence() {
    var random = SeededRandom.of(5);
    Map<String, Tensor> weights =
        Map.of(
            "depthwise", random.gaussian(4, 1, 3, 3),
            "lstm.w", random.gaussian(1, 8, 4),
            "shared", random.gaussian(4, 4));
    var graph =
        new Graph(
            "odd",
            List.of(
                Node.of("Conv", List.of("x", "depthwise"), List.of("a"))
                    .with("group", Attribute.of(4L)),
                Node.of("LSTM", List.of("a", "lstm.w", "lstm.w"), List.of("b")),
                Node.of("MatMul", List.of("b", "shared"), List.of("c")),
                Node.of("MatMul", List.of("shared", "c"), List.of("d"))),
            weights,
            List.of(),
            List.of());
    Layers layers = Layers.of(Model.of(graph, 10, 21));
    assertThat(layers.layers()).isEmpty();
    assertThat(layers.skipped())
        .containsExactly(
            new Skipped("a", "depthwise: one input channel a filter leaves little to prune"),
            new Skipped("b", "recurrent weights stay dense"),
            new Skipped("d", "shares 'shared' with a node that reads it the other way round"));
  }

  @Test
  void anOutputLayerTiedToTheEmbeddingStays() {
    var random = SeededRandom.of(7);
    var graph =
        new Graph(
            "tied",
            List.of(
                Node.of("Gather", List.of("words", "tokens"), List.of("x")),
                Node.of("MatMul", List.of("x", "inner"), List.of("h")),
                Node.of("Transpose", List.of("words"), List.of("turned"))
                    .with("perm", Attribute.of(1L, 0L)),
                Node.of("MatMul", List.of("h", "turned"), List.of("y"))),
            Map.of("words", random.gaussian(11, 3), "inner", random.gaussian(3, 3)),
            List.of(),
            List.of());
    Layers layers = Layers.of(Model.of(graph, 10, 21));
    assertThat(layers.weights()).containsExactly("inner");
    assertThat(layers.skipped())
        .containsExactly(new Skipped("y", "its weight 'words' is an embedding, too"));
  }
}
