package org.espalier.prune.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.Attribute;
import org.espalier.graph.Constants;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Nets;
import org.espalier.torch.TorchModel;
import org.junit.jupiter.api.Test;

class EvidenceTest {
  private static Evidence of(Model model, Calibration data) {
    return Evidence.of(model, weights(model), data);
  }

  private static Set<String> weights(Model model) {
    return Layers.of(model).layers().stream().map(Layer::weight).collect(Collectors.toSet());
  }

  /** A model of one node, with its weight first or second. */
  private static Model node(Node node, Tensor weight, long[] in) {
    return Model.of(
        new Graph(
            "one",
            List.of(node),
            Map.of("w", weight),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(in))),
            List.of(new ValueInfo("y", new Type.TensorType(DataType.FLOAT, Optional.empty())))),
        10,
        21);
  }

  /**
   * The outputs' squares, summed, are the trace of W G W^T, whatever the layer's kind: an oracle
   * for the order of columns, for groups, and for what a window sees.
   */
  @Test
  void theGramMatrixTellsTheOutputsSquares() {
    var random = SeededRandom.fresh();
    record Case(Node node, Tensor weight, long[] in) {}
    Node right = Node.of("MatMul", List.of("x", "w"), List.of("y"));
    Node left = Node.of("MatMul", List.of("w", "x"), List.of("y"));
    Node gemm = Node.of("Gemm", List.of("x", "w"), List.of("y"));
    Node flipped = Node.of("Gemm", List.of("w", "x"), List.of("y"));
    Node conv = Node.of("Conv", List.of("x", "w"), List.of("y"));
    Node transposed = Node.of("ConvTranspose", List.of("x", "w"), List.of("y"));
    var cases =
        List.of(
            new Case(right, random.gaussian(7, 5), new long[] {4, 3, 7}),
            new Case(right, random.gaussian(3, 7, 5), new long[] {4, 3, 2, 7}),
            new Case(right, random.gaussian(3, 7, 5), new long[] {2, 7}),
            new Case(left, random.gaussian(5, 7), new long[] {4, 7, 3}),
            new Case(left, random.gaussian(3, 5, 7), new long[] {4, 3, 7, 2}),
            new Case(gemm, random.gaussian(7, 5), new long[] {4, 7}),
            new Case(
                gemm.with("transB", Attribute.of(1L)), random.gaussian(5, 7), new long[] {4, 7}),
            new Case(
                gemm.with("transA", Attribute.of(1L)), random.gaussian(7, 5), new long[] {7, 4}),
            new Case(flipped, random.gaussian(5, 7), new long[] {7, 4}),
            new Case(
                flipped.with("transB", Attribute.of(1L)), random.gaussian(5, 7), new long[] {4, 7}),
            new Case(conv, random.gaussian(5, 3, 2, 3), new long[] {2, 3, 7, 8}),
            new Case(
                conv.with("group", Attribute.of(2L))
                    .with("strides", Attribute.of(2L, 1L))
                    .with("dilations", Attribute.of(1L, 2L))
                    .with("pads", Attribute.of(1L, 0L, 2L, 3L)),
                random.gaussian(6, 2, 3, 2),
                new long[] {3, 4, 7, 6}),
            new Case(
                conv.with("auto_pad", Attribute.of("SAME_UPPER"))
                    .with("strides", Attribute.of(new long[] {2})),
                random.gaussian(4, 3, 3),
                new long[] {2, 3, 9}),
            new Case(transposed, random.gaussian(3, 5, 1, 1), new long[] {2, 3, 4, 5}));
    for (Case one : cases) {
      Model model = node(one.node(), one.weight(), one.in());
      Tensor x = random.gaussian(one.in());
      Layer layer = Layers.of(model).layers().getFirst();
      double squares = 0;
      try (TorchModel torch = TorchModel.of(model)) {
        Tensor y = torch.run(Map.of("x", x)).get("y");
        for (long k = 0; k < y.size(); k++) {
          squares += y.realAt(k) * y.realAt(k);
        }
      }
      var data = Calibration.of(List.of(new Calibration.Batch(Map.of("x", x), Optional.empty())));
      try (Evidence evidence = of(model, data)) {
        Gram gram = evidence.gram("w");
        InputStatistics inputs = evidence.inputs("w");
        assertThat(gram.columns()).isEqualTo(layer.columns());
        double trace = 0;
        for (int row = 0; row < layer.rows(); row++) {
          int group = inputs.group(row, layer.rows());
          Tensor matrix = gram.matrix(group);
          for (int i = 0; i < gram.columns(); i++) {
            assertThat(inputs.norm(group, i))
                .isCloseTo(Math.sqrt(gram.diagonal(group, i)), within(1e-6));
            for (int j = 0; j < gram.columns(); j++) {
              trace +=
                  layer.tensor().realAt(layer.index(row, i))
                      * matrix.realAt((long) i * gram.columns() + j)
                      * layer.tensor().realAt(layer.index(row, j));
            }
          }
        }
        assertThat(trace).as("%s", one.node()).isCloseTo(squares, within(1e-4 * squares));
      }
    }
  }

  @Test
  void wideInputsInPanelsAndSpilledToDiskAreTheSame() {
    var random = SeededRandom.fresh();
    int columns = 1100; // three panels, in float32
    Tensor x = random.gaussian(300, columns);
    Model model =
        node(
            Node.of("MatMul", List.of("x", "w"), List.of("y")),
            random.gaussian(columns, 2),
            new long[] {300, columns});
    var data = Calibration.of("x", x, null, 300);
    try (Evidence small =
        Evidence.of(model, Set.of("w"), data, Observation.USUAL.withMemory(1000))) {
      Tensor gram = small.gram("w").matrix(0);
      for (int check = 0; check < 200; check++) {
        int i = random.nextInt(0, columns);
        int j = random.nextInt(0, columns);
        double sum = 0;
        for (int n = 0; n < 300; n++) {
          sum += x.realAt((long) n * columns + i) * x.realAt((long) n * columns + j);
        }
        assertThat(gram.realAt((long) i * columns + j)).isCloseTo(sum, within(1e-3));
      }
    }
  }

  @Test
  void statisticsAreThoseOfTheInput() {
    var random = SeededRandom.fresh();
    Tensor x = random.gaussian(29, 4);
    x.setFloat(4, 0);
    Model model =
        node(
            Node.of("MatMul", List.of("x", "w"), List.of("y")),
            random.gaussian(4, 3),
            new long[] {29, 4});
    try (Evidence evidence = of(model, Calibration.of("x", x, null, 29))) {
      InputStatistics inputs = evidence.inputs("w");
      double mean = 0;
      double square = 0;
      for (int n = 0; n < 29; n++) {
        mean += x.realAt(n * 4L) / 29;
        square += x.realAt(n * 4L) * x.realAt(n * 4L) / 29;
      }
      assertThat(inputs.rows()).isEqualTo(29);
      assertThat(inputs.mean(0, 0)).isCloseTo(mean, within(1e-6));
      assertThat(inputs.variance(0, 0)).isCloseTo(square - mean * mean, within(1e-6));
      assertThat(inputs.zeros()).containsExactly(1, 0, 0, 0);
    }
  }

  /** Finite differences of the loss for the gradient, and of the gradient for the Hessian. */
  @Test
  void derivativesAgreeWithEachOther() {
    var random = SeededRandom.fresh();
    Model model = Nets.mixed(3);
    Calibration data = Nets.calibration(7, 21);
    String weight = "fc2.weight";
    try (Evidence evidence = of(model, data)) {
      evidence.gather(Set.of(Need.SAMPLE_GRADIENTS, Need.FISHER_DIAGONAL));
      Tensor gradient = evidence.gradient(weight);
      Tensor samples = evidence.sampleGradients(weight);
      Tensor fisher = evidence.fisherDiagonal(weight);
      assertThat(samples.dims()).containsExactly(21, gradient.size());
      double first = 0;
      double second = 0;
      for (int n = 0; n < 21; n++) {
        double value = samples.realAt(n * gradient.size() + 5);
        first += value / 21;
        second += value * value / 21;
      }
      assertThat(gradient.realAt(5)).isCloseTo(first, within(1e-5 * (1 + Math.abs(first))));
      assertThat(fisher.realAt(5)).isCloseTo(second, within(1e-5 * (1 + second)));
      Tensor direction = random.gaussian(gradient.dims());
      float step = 1e-4f;
      try (Evidence plus = of(moved(model, weight, direction, step), data);
          Evidence minus = of(moved(model, weight, direction, -step), data)) {
        Tensor product = evidence.hessianVector(Map.of(weight, direction)).get(weight);
        double largest = 0;
        for (int k = 0; k < gradient.size(); k++) {
          largest = Math.max(largest, Math.abs(product.realAt(k)));
        }
        for (int k = 0; k < gradient.size(); k++) {
          double slope =
              (plus.gradient(weight).realAt(k) - minus.gradient(weight).realAt(k)) / (2 * step);
          assertThat(product.realAt(k)).isCloseTo(slope, within(0.05 * largest));
        }
      }
    }
  }

  /** One backward pass for a batch gives what a pass for each sample does, whatever the layer. */
  @Test
  void samplesTogetherAreSamplesAlone() {
    Model model = Nets.mixed(12);
    Set<String> weights = weights(model);
    int samples = 19;
    try (Evidence together = Evidence.of(model, weights, Nets.calibration(2, samples))) {
      together.gather(Set.of(Need.SAMPLE_GRADIENTS));
      for (int n = 0; n < samples; n++) {
        try (Evidence alone = Evidence.of(model, weights, only(Nets.calibration(2, samples), n))) {
          for (String weight : weights) {
            Tensor gradient = alone.gradient(weight);
            Tensor sample = together.sampleGradients(weight);
            for (long k = 0; k < gradient.size(); k++) {
              double value = gradient.realAt(k);
              assertThat(sample.realAt(n * gradient.size() + k))
                  .as("%s of sample %d", weight, n)
                  .isCloseTo(value, within(1e-3 * (1 + Math.abs(value))));
            }
          }
        }
      }
    }
  }

  /** A network that takes the batch's mean off: a sample alone gives zero, and so no gradient. */
  @Test
  void samplesThatDependOnEachOtherAreTakenAloneHoweverSmallGradientsAre() {
    var random = SeededRandom.fresh();
    var graph =
        new Graph(
            "centred",
            List.of(
                Node.of("MatMul", List.of("input", "w"), List.of("h")),
                Node.of("ReduceMean", List.of("h", "axes"), List.of("mean")),
                Node.of("Sub", List.of("h", "mean"), List.of("centred")),
                Node.of("Mul", List.of("centred", "small"), List.of("y"))),
            Map.of(
                "w", random.gaussian(3, 5),
                "axes", Tensor.of(new long[] {0}, 1),
                "small", Tensor.scalar(1e-9f)),
            List.of(ValueInfo.of("input", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(3)))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(5)))));
    var data = Calibration.of("input", random.gaussian(4, 3), random.gaussian(4, 5), 4);
    try (Evidence evidence = Evidence.of(Model.of(graph, 10, 21), Set.of("w"), data)) {
      Tensor gradients = evidence.sampleGradients("w");
      for (long k = 0; k < gradients.size(); k++) {
        assertThat(gradients.realAt(k)).isZero();
      }
    }
  }

  private static Calibration only(Calibration data, int wanted) {
    var found = new ArrayList<Calibration.Batch>();
    int[] first = new int[1];
    data.forEach(
        batch -> {
          int at = wanted - first[0];
          if (at >= 0 && at < batch.size()) {
            Tensor input = Batches.rows(batch.inputs().get("input"), at, at + 1);
            Tensor target = Batches.rows(batch.targets().orElseThrow(), at, at + 1);
            found.add(new Calibration.Batch(Map.of("input", input), Optional.of(target)));
          }
          first[0] += (int) batch.size();
        });
    return Calibration.of(found);
  }

  private static Model moved(Model model, String weight, Tensor direction, float step) {
    Tensor moved = Constants.of(model.graph()).get(weight).copy();
    for (long k = 0; k < moved.size(); k++) {
      moved.setFloat(k, moved.floatAt(k) + step * direction.floatAt(k));
    }
    return model.withGraph(Constants.replace(model.graph(), Map.of(weight, moved)));
  }

  /** In sequence a layer sees what evidence on the model with the replaced layers says. */
  @Test
  void inSequenceLayersSeeThePrunedOnesBeforeThem() {
    var random = SeededRandom.fresh();
    Model model = Nets.mixed(8);
    Calibration data = Nets.calibration(9, 25);
    var replaced = new LinkedHashMap<String, Tensor>();
    try (Evidence dense = of(model, data);
        Evidence sequence = dense.inSequence()) {
      for (Layer layer : Layers.of(model).layers()) {
        Model sofar = model.withGraph(Constants.replace(model.graph(), replaced));
        try (Evidence expected = of(sofar, data)) {
          Tensor gram = expected.gram(layer.weight()).matrices();
          Tensor seen = sequence.gram(layer.weight()).matrices();
          for (long k = 0; k < gram.size(); k++) {
            assertThat(seen.realAt(k))
                .isCloseTo(gram.realAt(k), within(1e-3 * (1 + Math.abs(gram.realAt(k)))));
          }
        }
        Tensor values = random.gaussian(Constants.of(model.graph()).get(layer.weight()).dims());
        sequence.replace(layer.weight(), values);
        replaced.put(layer.weight(), values);
      }
    }
  }

  @Test
  void inSequenceALayerGivesOneThingAfterTheOther() {
    var random = SeededRandom.fresh();
    Tensor weight = random.gaussian(7, 5);
    Model model =
        node(Node.of("MatMul", List.of("x", "w"), List.of("y")), weight, new long[] {4, 7});
    Tensor x = random.gaussian(4, 7);
    var data = Calibration.of(List.of(new Calibration.Batch(Map.of("x", x), Optional.empty())));
    try (Evidence dense = of(model, data);
        Evidence sequence = dense.inSequence()) {
      Gram gram = sequence.gram("w");
      Tensor rows = sequence.rows("w");
      assertThat(gram.diagonal(0, 3)).isCloseTo(dense.gram("w").diagonal(0, 3), within(1e-9));
      assertThat(rows).isEqualTo(dense.rows("w"));
    }
  }

  @Test
  void wrongDataAreNamed() {
    Model model = Nets.mixed(1);
    var wrong = Calibration.of("input", SeededRandom.fresh().gaussian(4, 3, 5, 6), null, 2);
    try (Evidence evidence = of(model, wrong)) {
      assertThatThrownBy(() -> evidence.gram("fc1.weight"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("input 'input'");
      assertThatThrownBy(() -> evidence.gradient("fc1.weight"))
          .hasMessageContaining("input 'input'");
    }
    var unlabelled = Calibration.of("input", SeededRandom.fresh().gaussian(4, 3, 6, 6), null, 2);
    try (Evidence evidence = of(model, unlabelled)) {
      assertThatThrownBy(() -> evidence.gradient("fc1.weight")).hasMessageContaining("have none");
      assertThatThrownBy(() -> evidence.gram("fc9.weight")).hasMessageContaining("fc9.weight");
    }
    assertThatThrownBy(() -> Calibration.of(new ArrayList<>()))
        .hasMessageContaining("without examples");
    Tensor none = Tensor.of(new float[0], 0, 3, 6, 6);
    assertThatThrownBy(() -> new Calibration.Batch(Map.of("input", none), Optional.empty()))
        .hasMessageContaining("of no examples");
    try (Evidence evidence = of(model, Calibration.NONE)) {
      assertThatThrownBy(() -> evidence.gradient("fc1.weight"))
          .hasMessage("the calibration has no examples");
      assertThatThrownBy(evidence::inSequence).hasMessage("the calibration has no examples");
    }
  }
}
