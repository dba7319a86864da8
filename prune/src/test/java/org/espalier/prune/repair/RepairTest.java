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
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.torch.TorchModel;
import org.junit.jupiter.api.Test;

class RepairTest {
  private final SeededRandom random = SeededRandom.fresh();

  @Test
  void aCopyOfAChannelIsMadeUpForByTheOriginal() {
    Tensor filters = random.gaussian(7, 3, 3, 3);
    copyRow(filters, 2, 5);
    Tensor bias = random.gaussian(7);
    bias.setFloat(5, bias.floatAt(2));
    Model model = block(filters, bias, "Relu", true);
    Removal removal = removal(model, "conv1.weight", 5);
    Model small = Rewriting.of(removal).model();
    Model mended = new LeastSquares(1e-9, (what, done, of) -> {}).repair(removal, small, data());
    assertThat(distance(model, small)).isGreaterThan(1e-2);
    assertThat(distance(model, mended)).isLessThan(1e-4);
  }

  @Test
  void leastSquaresIsNeverWorseThanLeavingOut() {
    Model model = block(random.gaussian(11, 3, 3, 3), random.gaussian(11), "Relu", true);
    Removal removal = removal(model, "conv1.weight", 1, 4, 6, 9);
    Model small = Rewriting.of(removal).model();
    Model mended = new LeastSquares().repair(removal, small, data());
    assertThat(squares(model, mended)).isLessThan(0.9 * squares(model, small));
  }

  @Test
  void reconstructionComesNearerThanLeastSquares() {
    Model model = block(random.gaussian(11, 3, 3, 3), random.gaussian(11), "Relu", true);
    Removal removal = removal(model, "conv1.weight", 1, 4, 6, 9);
    Model fitted = new LeastSquares().repair(removal, Rewriting.of(removal).model(), data());
    Model mended =
        new Reconstruction(30, 1e-2, (what, done, of) -> {}).repair(removal, fitted, data());
    assertThat(squares(model, mended)).isLessThan(squares(model, fitted));
  }

  /** Half of a network's weights are zero, some outputs' alone, or none. */
  @Test
  void whatWasZeroStaysZero() {
    for (Repair repair :
        List.of(new LeastSquares(), new Reconstruction(5, 1e-2, (what, done, of) -> {}))) {
      Model model = block(random.gaussian(11, 3, 3, 3), random.gaussian(11), "Relu", true);
      Tensor second = model.graph().initializer("conv2.weight").orElseThrow();
      for (long k = 0; k < second.size() / 3 * 2; k++) {
        second.setFloat(k, random.nextBoolean() ? 0 : second.floatAt(k));
      }
      Removal removal = removal(model, "conv1.weight", 1, 4, 6, 9);
      Model small = Rewriting.of(removal).model();
      Model mended = repair.repair(removal, small, data());
      Tensor before = small.graph().initializer("conv2.weight").orElseThrow();
      Tensor after = mended.graph().initializer("conv2.weight").orElseThrow();
      for (long k = 0; k < after.size(); k++) {
        assertThat(after.floatAt(k) == 0).as(repair + " " + k).isEqualTo(before.floatAt(k) == 0);
      }
      assertThat(squares(model, mended)).isLessThan(squares(model, small));
    }
  }

  @Test
  void whatIsNearAlreadyStaysThere() {
    Model model = block(random.gaussian(7, 3, 3, 3), random.gaussian(7), "Relu", true);
    Removal none = removal(model, "conv1.weight");
    Model same = new Reconstruction().repair(none, Rewriting.of(none).model(), data());
    assertThat(distance(model, same)).isLessThan(1e-3);
  }

  @Test
  void aConstantBehindSigmoidGoesIntoTheNextBias() {
    Tensor filters = random.gaussian(7, 3, 3, 3);
    for (int k = 0; k < 27; k++) {
      filters.setFloat(3L * 27 + k, 0);
    }
    Tensor bias = random.gaussian(7);
    bias.setFloat(3, 2);
    Model model = block(filters, bias, "Sigmoid", false);
    Removal removal = removal(model, "conv1.weight", 3);
    Model small = Rewriting.of(removal).model();
    Model mended = new BiasAbsorption().repair(removal, small, data());
    assertThat(distance(model, small)).isGreaterThan(1e-3);
    assertThat(distance(model, mended)).isLessThan(1e-5);
  }

  @Test
  void recalibratedStatisticsAreThoseOfTheData() {
    Model model = block(random.gaussian(7, 3, 3, 3), random.gaussian(7), "Relu", true);
    Removal removal = removal(model, "conv1.weight", 0, 3);
    Model small = Rewriting.of(removal).model();
    Model mended = new BatchNormRecalibration().repair(removal, small, data());
    Tensor normalised = run(mended, "normalised");
    int channels = (int) normalised.dim(1);
    int plane = (int) (normalised.dim(2) * normalised.dim(3));
    Graph graph = mended.graph();
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int n = 0; n < normalised.dim(0); n++) {
        for (int k = 0; k < plane; k++) {
          sum += normalised.floatAt(((long) n * channels + c) * plane + k);
        }
      }
      double mean = sum / (normalised.dim(0) * plane);
      assertThat(mean - graph.initializer("bn.bias").orElseThrow().floatAt(c))
          .isBetween(-1e-3, 1e-3);
    }
  }

  @Test
  void anUnknownRepairIsAnError() {
    assertThatThrownBy(() -> Repair.parse("glue"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("glue")
        .hasMessageContaining("least-squares");
  }

  /** Two convolutions with an activation between, and batch normalisation and a shortcut behind. */
  private Model block(Tensor filters, Tensor bias, String activation, boolean padded) {
    var weights = new HashMap<String, Tensor>();
    int channels = (int) filters.dim(0);
    weights.put("conv1.weight", filters);
    weights.put("conv1.bias", bias);
    weights.put("conv2.weight", random.gaussian(3, channels, padded ? 3 : 1, padded ? 3 : 1));
    for (String part : List.of("scale", "bias", "mean")) {
      weights.put("bn." + part, random.gaussian(3));
    }
    weights.put("bn.var", Tensor.of(new float[] {0.5f, 1, 2}, 3));
    Attribute pads = Attribute.of(1L, 1L, 1L, 1L);
    Node first =
        Node.of("Conv", List.of("input", "conv1.weight", "conv1.bias"), List.of("c1"))
            .with("pads", pads);
    Node second = Node.of("Conv", List.of("a", "conv2.weight"), List.of("c2"));
    List<Node> nodes =
        List.of(
            first,
            Node.of(activation, List.of("c1"), List.of("a")),
            padded ? second.with("pads", pads) : second,
            Node.of(
                "BatchNormalization",
                List.of("c2", "bn.scale", "bn.bias", "bn.mean", "bn.var"),
                List.of("normalised")),
            Node.of("Add", List.of("normalised", "input"), List.of("output")));
    Shape shape = Shape.of(Dim.symbol("N"), Dim.of(3), Dim.of(5), Dim.of(7));
    return Model.of(
        new Graph(
            "block",
            nodes,
            weights,
            List.of(ValueInfo.of("input", DataType.FLOAT, shape)),
            List.of(
                ValueInfo.of("output", DataType.FLOAT, shape),
                ValueInfo.of("normalised", DataType.FLOAT, shape))),
        8,
        17);
  }

  private static void copyRow(Tensor tensor, int from, int to) {
    int row = (int) (tensor.size() / tensor.dim(0));
    for (int k = 0; k < row; k++) {
      tensor.setFloat((long) to * row + k, tensor.floatAt((long) from * row + k));
    }
  }

  private static Removal removal(Model model, String weight, int... channels) {
    Coupling coupling = Coupling.of(model);
    Group group =
        coupling.groups().stream()
            .filter(g -> g.name().equals(weight))
            .findFirst()
            .orElseThrow(() -> new AssertionError(coupling.groups() + " " + coupling.frozen()));
    var gone = new BitSet();
    for (int channel : channels) {
      gone.set(group.first() + channel);
    }
    return new Removal(coupling, gone);
  }

  private final Tensor examples = random.gaussian(48, 3, 5, 7);

  private Calibration data() {
    return Calibration.of("input", examples, null, 16);
  }

  private Tensor run(Model model, String output) {
    try (TorchModel torch = TorchModel.of(model)) {
      return torch.run(Map.of("input", examples)).get(output);
    }
  }

  private double distance(Model expected, Model actual) {
    Tensor a = run(expected, "output");
    Tensor b = run(actual, "output");
    double largest = 0;
    double scale = 0;
    for (long k = 0; k < a.size(); k++) {
      largest = Math.max(largest, Math.abs(a.floatAt(k) - b.floatAt(k)));
      scale = Math.max(scale, Math.abs(a.floatAt(k)));
    }
    return largest / scale;
  }

  private double squares(Model expected, Model actual) {
    Tensor a = run(expected, "output");
    Tensor b = run(actual, "output");
    double sum = 0;
    for (long k = 0; k < a.size(); k++) {
      double difference = a.floatAt(k) - b.floatAt(k);
      sum += difference * difference;
    }
    return sum;
  }
}
