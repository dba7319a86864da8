package org.espalier.prune.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.pass.FoldBatchNormalization;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.torch.TorchModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IntraFusionTest {
  private final SeededRandom random = SeededRandom.fresh();
  private final Tensor input = random.gaussian(5, 3, 7, 6);

  @ParameterizedTest
  @EnumSource(IntraFusion.Mass.class)
  void copiesAreMergedAndOutputsStay(IntraFusion.Mass mass) {
    Model model = network(10);
    for (String weight : List.of("w1", "b1", "gamma", "beta", "mean", "variance")) {
      copyRows(model.graph().initializer(weight).orElseThrow(), 5);
    }
    Removal removal = removal(model, 5, 6, 7, 8, 9);
    Model plain = Rewriting.of(removal).model();
    assertThat(distance(model, plain)).isGreaterThan(1e-2);
    assertThat(
            distance(model, new IntraFusion(mass, false).repair(removal, plain, Calibration.NONE)))
        .isLessThan(1e-4);
    // With the published code's sums on both sides channels come out twice as strong.
    assertThat(
            distance(model, new IntraFusion(mass, true).repair(removal, plain, Calibration.NONE)))
        .isGreaterThan(1e-2);
  }

  @Test
  void foldedOrNotTheNetworkComputesTheSame() {
    Model model = network(11);
    Model folded = new FoldBatchNormalization().apply(model);
    assertThat(folded.graph().nodes()).hasSizeLessThan(model.graph().nodes().size());
    Model one = fused(removal(model, 0, 3, 4, 9));
    Model other = fused(removal(folded, 0, 3, 4, 9));
    assertThat(distance(one, other)).isLessThan(1e-4);
    assertThat(distance(model, one)).isGreaterThan(1e-2);
  }

  @Test
  void aScaleOfZeroIsNoObstacle() {
    Model model = network(6);
    model.graph().initializer("gamma").orElseThrow().setFloat(2, 0);
    Model folded = new FoldBatchNormalization().apply(model);
    assertThat(distance(fused(removal(model, 1, 5)), fused(removal(folded, 1, 5))))
        .isLessThan(1e-4);
  }

  @Test
  void weightsThatArentFiniteAreToldOf() {
    Model model = network(6);
    model.graph().initializer("w1").orElseThrow().setFloat(0, Float.NaN);
    assertThatThrownBy(() -> fused(removal(model, 1, 5)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("channel 0 of 'w1' has weights that aren't finite");
  }

  @Test
  void whereNothingGoesNothingChanges() {
    Model model = network(5);
    Removal removal = removal(model);
    Model small = Rewriting.of(removal).model();
    assertThat(new IntraFusion().repair(removal, small, Calibration.NONE)).isEqualTo(small);
  }

  private static Model fused(Removal removal) {
    return new IntraFusion().repair(removal, Rewriting.of(removal).model(), Calibration.NONE);
  }

  /** Convolution, batch normalisation, ReLU, convolution. */
  private Model network(int channels) {
    var weights = new HashMap<String, Tensor>();
    weights.put("w1", random.gaussian(channels, 3, 3, 3));
    weights.put("w2", random.gaussian(4, channels, 3, 3));
    for (String part : List.of("b1", "gamma", "beta", "mean", "variance")) {
      weights.put(part, random.gaussian(channels));
    }
    Tensor variance = weights.get("variance");
    for (int k = 0; k < channels; k++) {
      variance.setFloat(k, 0.5f + Math.abs(variance.floatAt(k)));
    }
    Attribute pads = Attribute.of(1L, 1L, 1L, 1L);
    List<Node> nodes =
        List.of(
            Node.of("Conv", List.of("input", "w1", "b1"), List.of("c1")).with("pads", pads),
            Node.of(
                "BatchNormalization",
                List.of("c1", "gamma", "beta", "mean", "variance"),
                List.of("n")),
            Node.of("Relu", List.of("n"), List.of("r")),
            Node.of("Conv", List.of("r", "w2"), List.of("output")).with("pads", pads));
    return Model.of(
        new Graph(
            "network", nodes, weights, List.of(image("input", 3)), List.of(image("output", 4))),
        8,
        17);
  }

  private static ValueInfo image(String name, int channels) {
    Shape shape = Shape.of(Dim.symbol("N"), Dim.of(channels), Dim.of(7), Dim.of(6));
    return ValueInfo.of(name, DataType.FLOAT, shape);
  }

  /** The last half of the rows become copies of the first. */
  private static void copyRows(Tensor tensor, int half) {
    long size = tensor.size() / (2L * half);
    for (long k = 0; k < half * size; k++) {
      tensor.setFloat(half * size + k, tensor.floatAt(k));
    }
  }

  private static Removal removal(Model model, int... channels) {
    Coupling coupling = Coupling.of(model);
    Group group = coupling.groups().getFirst();
    assertThat(group.name()).isEqualTo("w1");
    var gone = new BitSet();
    for (int channel : channels) {
      gone.set(group.first() + channel);
    }
    return new Removal(coupling, gone);
  }

  private double distance(Model expected, Model actual) {
    Tensor a = run(expected);
    Tensor b = run(actual);
    double largest = 0;
    double scale = 0;
    for (long k = 0; k < a.size(); k++) {
      largest = Math.max(largest, Math.abs(a.floatAt(k) - b.floatAt(k)));
      scale = Math.max(scale, Math.abs(a.floatAt(k)));
    }
    return largest / scale;
  }

  private Tensor run(Model model) {
    try (TorchModel torch = TorchModel.of(model)) {
      return torch.run(Map.of("input", input)).get("output");
    }
  }
}
