package org.espalier.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

class TorchModelTest {
  private final SeededRandom random = SeededRandom.fresh();

  /** Two layers of one tied matrix, 5x5, with a bias. */
  private Model tied() {
    var graph =
        new Graph(
            "tied",
            List.of(
                Node.of("MatMul", List.of("x", "w"), List.of("a")),
                Node.of("Add", List.of("a", "b"), List.of("s")),
                Node.of("Tanh", List.of("s"), List.of("h")),
                Node.of("MatMul", List.of("h", "w"), List.of("y"))),
            Map.of("w", random.gaussian(5, 5), "b", random.gaussian(5)),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(5)))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(5)))));
    return Model.of(graph, 10, 21);
  }

  /** The same with two matrices of equal contents. */
  private static Model untied(Model tied) {
    var weights = new LinkedHashMap<>(tied.graph().initializers());
    weights.put("w2", weights.get("w"));
    List<Node> nodes = new ArrayList<>(tied.graph().nodes());
    nodes.set(3, Node.of("MatMul", List.of("h", "w2"), List.of("y")));
    return tied.withGraph(tied.graph().withInitializers(weights).withNodes(nodes));
  }

  /** 5 * 1.8f is 9 in float and a little less in double; runtimes multiply in float. */
  @Test
  void resizedSizesAreWorkedOutInFloat() {
    var graph =
        new Graph(
            "resize",
            List.of(Node.of("Resize", List.of("x", "", "scales"), List.of("y"))),
            Map.of("scales", Tensor.of(new float[] {1, 1, 1.8f, 1.8f})),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(1, 2, 5, 7))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(1, 2, 9, 12))));
    try (TorchModel model = TorchModel.of(Model.of(graph, 8, 13))) {
      Tensor y = model.run(Map.of("x", random.gaussian(1, 2, 5, 7))).get("y");
      assertThat(y.dims()).containsExactly(1, 2, 9, 12);
    }
  }

  @Test
  void nearestPositionsAreWorkedOutInFloat() {
    var graph =
        new Graph(
            "resize",
            List.of(
                Node.of(
                    "Resize",
                    List.of("x", "", "scales"),
                    List.of("y"),
                    Map.of(
                        "coordinate_transformation_mode",
                        Attribute.of("asymmetric"),
                        "nearest_mode",
                        Attribute.of("floor")))),
            Map.of("scales", Tensor.of(new float[] {0.6f})),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(12))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(7))));
    float[] x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    try (TorchModel model = TorchModel.of(Model.of(graph, 8, 13))) {
      // ONNX Runtime's: 3 / 0.6f is 5 in float, and 4.9999998 in double.
      assertThat(model.run(Map.of("x", Tensor.of(x))).get("y").floats())
          .containsExactly(0, 1, 3, 5, 6, 8, 10);
    }
  }

  @Test
  void aClosedModelSaysSo() {
    TorchModel model = TorchModel.of(tied());
    model.close();
    assertThatThrownBy(() -> model.run(Map.of("x", random.gaussian(3, 5))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this model is closed");
  }

  @Test
  void tiedWeightsSumTheirGradients() {
    Model model = tied();
    Tensor x = random.gaussian(3, 5);
    try (var _ = new PointerScope();
        var one = TorchModel.of(model);
        var two = TorchModel.of(untied(model))) {
      var g1 = one.gradients(loss(one.forward(Map.of("x", Libtorch.view(x)), Mode.TRAIN)));
      var g2 = two.gradients(loss(two.forward(Map.of("x", Libtorch.view(x)), Mode.TRAIN)));
      assertThat(g1.keySet()).containsExactlyInAnyOrder("w", "b");
      assertClose(g1.get("w"), g2.get("w").add(g2.get("w2")), 1e-4);
      assertClose(g1.get("b"), g2.get("b"), 1e-4);
    }
  }

  private static org.bytedeco.pytorch.Tensor loss(Forward forward) {
    return forward.output().square().mean();
  }

  private static void assertClose(
      org.bytedeco.pytorch.Tensor a, org.bytedeco.pytorch.Tensor b, double tolerance) {
    assertThat(torch.max(a.sub(b).abs()).item_double()).isLessThan(tolerance);
  }

  @Test
  void weightsShareMemoryBothWays() {
    Model model = tied();
    Tensor x = random.gaussian(2, 5);
    try (var net = TorchModel.of(model)) {
      float before = model.graph().initializers().get("b").floatAt(3);
      net.weights().get("b").setFloat(3, 7);
      try (var _ = new PointerScope();
          var _ = new AutoGradMode(false)) {
        assertThat(net.parameters().get("b").get(3).item_float()).isEqualTo(7);
        net.parameters().get("b").add_(new Scalar(1));
      }
      assertThat(net.weights().get("b").floatAt(3)).isEqualTo(8);
      assertThat(net.model().graph().initializers().get("b").floatAt(3)).isEqualTo(8);
      assertThat(model.graph().initializers().get("b").floatAt(3)).isEqualTo(before);
      try (var again = TorchModel.of(net.model())) {
        assertThat(again.run(Map.of("x", x))).isEqualTo(net.run(Map.of("x", x)));
      }
    }
  }

  @Test
  void tapsCarryHistory() {
    Tensor x = random.gaussian(3, 5);
    try (var _ = new PointerScope();
        var net = TorchModel.of(tied())) {
      var forward = net.forward(Map.of("x", Libtorch.view(x)), Mode.EVAL, Set.of("h", "x", "s"));
      var gradients =
          Autograd.gradients(forward.output().sum(), Map.of("h", forward.taps().get("h")));
      // d(sum of h w)/dh is the row sums of w, for each row of h.
      var rows = net.parameters().get("w").sum(1).expand(3, 5);
      assertClose(gradients.get("h"), rows, 1e-5);
      assertThatThrownBy(() -> net.forward(Map.of("x", Libtorch.view(x)), Mode.EVAL, Set.of("q")))
          .hasMessageContaining("no value named 'q'");
    }
  }

  @Test
  void hessianVectorIsTheSlopeOfTheGradient() {
    Tensor x = random.gaussian(4, 5);
    try (var _ = new PointerScope();
        var net = TorchModel.of(tied())) {
      var vector =
          Map.of("w", Libtorch.view(random.gaussian(5, 5)), "b", Libtorch.view(random.gaussian(5)));
      var inputs = Map.of("x", Libtorch.view(x));
      var product = net.hessianVector(loss(net.forward(inputs, Mode.EVAL)), vector);
      double step = 1e-2;
      move(net, vector, step);
      var up = net.gradients(loss(net.forward(inputs, Mode.EVAL)));
      move(net, vector, -2 * step);
      var down = net.gradients(loss(net.forward(inputs, Mode.EVAL)));
      for (String name : vector.keySet()) {
        var slope = up.get(name).sub(down.get(name)).div(new Scalar(2 * step));
        double scale = 1 + torch.max(slope.abs()).item_double();
        assertClose(product.get(name).div(new Scalar(scale)), slope.div(new Scalar(scale)), 1e-2);
      }
    }
  }

  private static void move(
      TorchModel net, Map<String, org.bytedeco.pytorch.Tensor> vector, double step) {
    try (var _ = new AutoGradMode(false)) {
      vector.forEach((name, v) -> net.parameters().get(name).add_(v, new Scalar(step)));
    }
  }

  @Test
  void batchNormalizationTrainsAsTheFormulaSays() {
    var graph =
        new Graph(
            "bn",
            List.of(
                Node.of(
                    "BatchNormalization",
                    List.of("x", "scale", "bias", "mean", "var"),
                    List.of("y"),
                    Map.of("momentum", Attribute.of(0.8f), "epsilon", Attribute.of(1e-3f)))),
            Map.of(
                "scale", Tensor.of(new float[] {2, 3}),
                "bias", Tensor.of(new float[] {1, -1}),
                "mean", Tensor.of(new float[] {0.5f, 0}),
                "var", Tensor.of(new float[] {4, 1})),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(3, 2, 5))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(3, 2, 5))));
    Tensor x = random.gaussian(3, 2, 5);
    try (var net = TorchModel.of(Model.of(graph, 10, 21))) {
      assertThat(net.parameters().keySet()).containsExactlyInAnyOrder("scale", "bias");
      Tensor y = net.run(Map.of("x", x)).get("y");
      assertThat(y.realAt(0))
          .isCloseTo(2 * (x.realAt(0) - 0.5) / Math.sqrt(4.001) + 1, within(1e-5));
      double mean = 0;
      double square = 0;
      for (int n = 0; n < 3; n++) {
        for (int k = 0; k < 5; k++) {
          double value = x.realAt(n * 10 + k);
          mean += value / 15;
          square += value * value / 15;
        }
      }
      double variance = square - mean * mean;
      try (var _ = new PointerScope()) {
        var out = net.forward(Map.of("x", Libtorch.view(x)), Mode.TRAIN).output();
        assertThat(Libtorch.copy(out).realAt(0))
            .isCloseTo(2 * (x.realAt(0) - mean) / Math.sqrt(variance + 1e-3) + 1, within(1e-4));
      }
      assertThat(net.weights().get("mean").realAt(0))
          .isCloseTo(0.5 * 0.8 + mean * 0.2, within(1e-5));
      assertThat(net.weights().get("var").realAt(0))
          .isCloseTo(4 * 0.8 + variance * 0.2, within(1e-5));
    }
  }

  @Test
  void everyNodeInTheWayIsNamed() {
    var graph =
        new Graph(
            "no",
            List.of(
                new Node("n1", "Magic", "", "", List.of("x"), List.of("a"), Map.of(), Details.NONE),
                new Node(
                    "n2",
                    "Relu",
                    "com.acme",
                    "",
                    List.of("a"),
                    List.of("y"),
                    Map.of(),
                    Details.NONE)),
            Map.of(),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(1))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(1))));
    assertThatThrownBy(() -> TorchModel.of(Model.of(graph, 10, 21)))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("n1")
        .hasMessageContaining("n2")
        .hasMessageContaining("com.acme");
  }

  private Model dropping() {
    var graph =
        new Graph(
            "dropping",
            List.of(Node.of("Dropout", List.of("x", "ratio"), List.of("y"))),
            Map.of("ratio", Tensor.scalar(0.3f)),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(1000))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(1000))));
    return Model.of(graph, 10, 21);
  }

  @Test
  void dropoutDropsInTrainingAndRepeatsWithItsSeed() {
    Tensor ones = Tensor.allocate(DataType.FLOAT, 1000);
    for (int k = 0; k < 1000; k++) {
      ones.setFloat(k, 1);
    }
    try (var net = TorchModel.of(dropping());
        var _ = new PointerScope()) {
      assertThat(net.run(Map.of("x", ones)).get("y")).isEqualTo(ones);
      Libtorch.manualSeed(5);
      Tensor once =
          Libtorch.copy(net.forward(Map.of("x", Libtorch.view(ones)), Mode.TRAIN).output());
      Tensor other =
          Libtorch.copy(net.forward(Map.of("x", Libtorch.view(ones)), Mode.TRAIN).output());
      Libtorch.manualSeed(5);
      Tensor again =
          Libtorch.copy(net.forward(Map.of("x", Libtorch.view(ones)), Mode.TRAIN).output());
      assertThat(again).isEqualTo(once);
      assertThat(other).isNotEqualTo(once);
      assertThat(once.nonzeros()).isBetween(600L, 800L);
      for (int k = 0; k < 1000; k++) {
        assertThat(once.floatAt(k)).isIn(0f, 1 / 0.7f);
      }
    }
  }

  @Test
  void inputsThatDoNotFitAreRefusedInWords() {
    try (var net = TorchModel.of(tied())) {
      assertThatThrownBy(() -> net.run(Map.of()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("input 'x' is missing");
      assertThatThrownBy(() -> net.run(Map.of("x", random.gaussian(3, 7))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("FLOAT [3, 7]")
          .hasMessageContaining("[N, 5]");
      assertThatThrownBy(() -> net.run(Map.of("x", random.gaussian(3, 5), "z", random.gaussian(1))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("'z'");
    }
  }
}
