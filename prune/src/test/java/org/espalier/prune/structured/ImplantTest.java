package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Budget;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImplantTest {
  private final SeededRandom random = SeededRandom.fresh();

  @ParameterizedTest
  @CsvSource({"3, 1, 1, 1", "3, 2, 1, 1", "5, 2, 2, 1", "3, 1, 2, 2"})
  void aShrunkFilterIsOneOfWhichTheMiddleIsLeft(int window, int stride, int pad, int dilation) {
    for (int[] filters : new int[][] {{0}, {1, 4, 6}, {0, 1, 2, 3, 4, 5, 6}}) {
      Model model = network(window, stride, pad, dilation);
      Model shrunk = Implant.of(model, Map.of("w", rows(filters)));
      assertThat(Inspection.of(shrunk).macs()).isLessThan(Inspection.of(model).macs());
      assertThat(shrunk.graph().consumers().keySet())
          .containsAll(shrunk.graph().initializers().keySet());
      Tensor weight = model.graph().initializer("w").orElseThrow();
      for (int filter : filters) {
        for (int k = 0; k < 3 * window * window; k++) {
          if (k % (window * window) != window * window / 2) {
            weight.setFloat((long) filter * 3 * window * window + k, 0);
          }
        }
      }
      Tensor input = random.gaussian(2, 3, 11, 9);
      Agreement agreement = Agreement.of(run(model, input), run(shrunk, input), 1e-4);
      assertThat(agreement.holds()).as(agreement.reason()).isTrue();
    }
  }

  @Test
  void ofWindowsOfOneAndThoseWithoutAMiddleNothingChanges() {
    for (Model model : List.of(network(1, 1, 0, 1), network(3, 1, 0, 1), network(2, 1, 1, 1))) {
      assertThat(Implant.of(model, Map.of("w", rows(2, 3)))).isSameAs(model);
    }
  }

  @Test
  void aTenthOfWhatIsPrunedIsImplanted() {
    Model model = Zoo.build("resnet20", 3);
    ChannelRecipe recipe = ChannelRecipe.named("hap").budget(Budget.parse("channels=0.4"));
    try (var tools = Observing.of(model)) {
      ChannelOutcome out = recipe.apply(model, tools.evidence(), tools.meters());
      long gone = out.removals().getFirst().channels().cardinality();
      long small =
          out.model().graph().nodes().stream()
              .filter(node -> node.is("Conv") && node.inputs().get(1).contains("/implant"))
              .map(node -> out.model().graph().initializer(node.inputs().get(1)).orElseThrow())
              .mapToLong(weight -> weight.dim(0))
              .sum();
      // A channel of a residual stream is made by several convolutions.
      assertThat(small).isGreaterThanOrEqualTo(Math.round(gone / 9.0));
      Tensor input = random.gaussian(2, 3, 32, 32);
      try (var executor = OnnxRuntime.of(out.model())) {
        String name = model.graph().inputs().getFirst().name();
        assertThat(executor.run(Map.of(name, input))).hasSize(1);
      }
    }
  }

  private static BitSet rows(int... rows) {
    var set = new BitSet();
    for (int row : rows) {
      set.set(row);
    }
    return set;
  }

  private Model network(int window, int stride, int pad, int dilation) {
    var weights = new HashMap<String, Tensor>();
    weights.put("w", random.gaussian(7, 3, window, window));
    weights.put("b", random.gaussian(7));
    long w = window;
    long p = pad;
    Node node =
        Node.of("Conv", List.of("input", "w", "b"), List.of("output"))
            .with("kernel_shape", Attribute.of(w, w))
            .with("strides", Attribute.of((long) stride, (long) stride))
            .with("dilations", Attribute.of((long) dilation, (long) dilation))
            .with("pads", Attribute.of(p, p, p, p));
    return Model.of(
        new Graph(
            "network",
            List.of(node),
            weights,
            List.of(
                ValueInfo.of(
                    "input",
                    DataType.FLOAT,
                    Shape.of(Dim.symbol("N"), Dim.of(3), Dim.of(11), Dim.of(9)))),
            List.of(
                ValueInfo.of(
                    "output",
                    DataType.FLOAT,
                    Shape.of(Dim.symbol("N"), Dim.of(7), Dim.symbol("H"), Dim.symbol("W"))))),
        8,
        17);
  }

  private static Tensor run(Model model, Tensor input) {
    try (var executor = OnnxRuntime.of(model)) {
      return executor.run(Map.of("input", input)).get("output");
    }
  }
}
