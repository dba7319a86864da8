package org.espalier.prune.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layers;
import org.espalier.prune.Nets;
import org.espalier.torch.Autograd;
import org.espalier.torch.Forward;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;

/** The Hessian's diagonal, exact and estimated, and that of the Gauss-Newton matrix. */
class CurvatureDiagonalsTest {
  private static Evidence of(Model model, Calibration data) {
    return Evidence.of(model, Layers.of(model).weights(), data);
  }

  /** By a product with the unit vector of each element. */
  private static double[] byUnits(Evidence evidence, String weight, long[] dims) {
    double[] diagonal = new double[(int) Tensor.elements(dims)];
    for (int k = 0; k < diagonal.length; k++) {
      Tensor unit = Tensor.allocate(DataType.FLOAT, dims);
      unit.setFloat(k, 1);
      diagonal[k] = evidence.hessianVector(Map.of(weight, unit)).get(weight).realAt(k);
    }
    return diagonal;
  }

  private static double[] values(Tensor tensor) {
    double[] values = new double[(int) tensor.size()];
    for (int k = 0; k < values.length; k++) {
      values[k] = tensor.realAt(k);
    }
    return values;
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static void agreesWithUnits(Model model, Calibration data) {
    try (Evidence evidence = of(model, data)) {
      for (var layer : Layers.of(model).layers()) {
        double[] expected = byUnits(evidence, layer.weight(), layer.tensor().dims());
        Tensor diagonal = evidence.hessianDiagonal(layer.weight());
        assertThat(diagonal.dims()).isEqualTo(layer.tensor().dims());
        assertThat(values(diagonal))
            .as(layer.weight())
            .containsExactly(expected, within(1e-4 * largest(expected) + 1e-7));
      }
    }
  }

  private static Model model(List<Node> nodes, Map<String, Tensor> weights, long... in) {
    return Model.of(
        new Graph(
            "net",
            nodes,
            weights,
            List.of(ValueInfo.of("x", DataType.FLOAT, org.espalier.graph.Shape.of(in))),
            List.of(ValueInfo.of("y", DataType.FLOAT, org.espalier.graph.Shape.of(in[0], 3)))),
        10,
        21);
  }

  private static Calibration classified(SeededRandom random, long... dims) {
    Tensor classes = Tensor.of(random.longs(dims[0], 0, 3).toArray(), dims[0]);
    return Calibration.of("x", random.gaussian(dims), classes, (int) dims[0]);
  }

  /**
   * Groups, strides, a smooth activation, scaled and turned weights, a weight that's used twice.
   */
  @Test
  void theExactDiagonalIsThatOfUnitVectors() {
    var random = SeededRandom.fresh();
    Node conv =
        Node.of("Conv", List.of("x", "wide"), List.of("c"))
            .with("group", Attribute.of(2L))
            .with("strides", Attribute.of(2L, 1L));
    Node gemm =
        Node.of("Gemm", List.of("f", "scaled"), List.of("g"))
            .with("alpha", Attribute.of(0.5f))
            .with("transB", Attribute.of(1L));
    List<Node> nodes =
        List.of(
            conv,
            Node.of("Tanh", List.of("c"), List.of("t")),
            Node.of("Flatten", List.of("t"), List.of("f")),
            gemm,
            Node.of("Sigmoid", List.of("g"), List.of("s")),
            Node.of("MatMul", List.of("s", "twice"), List.of("u")),
            Node.of("Tanh", List.of("u"), List.of("v")),
            Node.of("MatMul", List.of("v", "twice"), List.of("w")),
            Node.of("MatMul", List.of("w", "last"), List.of("y")));
    Map<String, Tensor> weights =
        Map.of(
            "wide", random.gaussian(4, 3, 2, 2),
            "scaled", random.gaussian(5, 24),
            "twice", random.gaussian(5, 5),
            "last", random.gaussian(5, 3));
    agreesWithUnits(model(nodes, weights, 7, 6, 4, 4), classified(random, 7, 6, 4, 4));
  }

  /** A sample that is compared with the batch's mean depends on all. */
  @Test
  void samplesThatDependOnEachOtherAreSeen() {
    var random = SeededRandom.fresh();
    Node mean =
        Node.of("ReduceMean", List.of("h", "axes"), List.of("m"))
            .with("keepdims", Attribute.of(1L));
    List<Node> nodes =
        List.of(
            Node.of("MatMul", List.of("x", "first"), List.of("h")),
            mean,
            Node.of("Sub", List.of("h", "m"), List.of("d")),
            Node.of("Tanh", List.of("d"), List.of("t")),
            Node.of("MatMul", List.of("t", "last"), List.of("y")));
    Map<String, Tensor> weights =
        Map.of(
            "first", random.gaussian(4, 5),
            "last", random.gaussian(5, 3),
            "axes", Tensor.of(new long[] {0}, 1));
    agreesWithUnits(model(nodes, weights, 6, 4), classified(random, 6, 4));
  }

  /** A network is linear in a single weight between its kinks: nothing but Gauss and Newton's. */
  @Test
  void withRectifiersAllCurvatureIsGaussAndNewtons() {
    Model model = Nets.mixed(3);
    try (Evidence evidence = of(model, Nets.calibration(5, 200))) {
      evidence.gather(Set.of(Need.GAUSS_NEWTON_DIAGONAL, Need.HESSIAN_DIAGONAL));
      for (String weight : evidence.weights()) {
        double[] exact = values(evidence.hessianDiagonal(weight));
        double[] estimate = values(evidence.gaussNewtonDiagonal(weight));
        double off = 0;
        double sum = 0;
        for (int k = 0; k < exact.length; k++) {
          assertThat(exact[k]).isGreaterThan(-1e-4 * largest(exact));
          off += Math.abs(exact[k] - estimate[k]);
          sum += exact[k];
        }
        assertThat(off / sum).as(weight).isLessThan(0.05);
      }
    }
  }

  @Test
  void estimatesComeNearerTheMoreVectorsThereAre() {
    var random = SeededRandom.of(5);
    List<Node> nodes = List.of(Node.of("MatMul", List.of("x", "w"), List.of("y")));
    Model model = model(nodes, Map.of("w", random.gaussian(5, 3)), 31, 5);
    try (Evidence evidence = of(model, classified(random, 31, 5))) {
      double[] exact = values(evidence.hessianDiagonal("w"));
      List<Double> errors = new ArrayList<>();
      for (int vectors : new int[] {10, 1000}) {
        double[] found = values(Hutchinson.diagonal(evidence, vectors, 1).get("w"));
        double error = 0;
        for (int k = 0; k < exact.length; k++) {
          error += Math.abs(found[k] - exact[k]) / exact.length;
        }
        errors.add(error);
      }
      assertThat(errors.get(1)).isLessThan(0.02 * largest(exact)).isLessThan(errors.get(0) / 4);
    }
  }

  /** All signs there are, so that the mean is no estimate. */
  @Test
  void theRootsSquareIsTheLossesCurvature() {
    var random = SeededRandom.fresh();
    Tensor logits = random.gaussian(1, 3, 3);
    Tensor classes = Tensor.of(new long[] {2, -100, 0}, 1, 3);
    isCurved(logits, classes);
    isCurved(random.gaussian(1, 4, 2), Tensor.of(new long[] {3, 1}, 1, 2)); // classes second
    isCurved(random.gaussian(1, 4), Tensor.of(new long[] {1}, 1));
    isCurved(random.gaussian(1, 2, 3), random.gaussian(1, 2, 3));
  }

  private static void isCurved(Tensor output, Tensor targets) {
    int size = (int) output.size();
    var objective = Objective.usual();
    try (var _ = new PointerScope();
        var _ = new AutoGradMode(true)) {
      var out = Libtorch.view(output).requires_grad_(true);
      var loss = objective.of(new Forward(Map.of("y", out), Map.of()), Libtorch.view(targets));
      var hessian = Autograd.hessian(loss, Map.of("y", out));
      double[][] mean = new double[size][size];
      for (int pattern = 0; pattern < 1 << size; pattern++) {
        Tensor signs = Tensor.allocate(DataType.FLOAT, output.dims());
        for (int k = 0; k < size; k++) {
          signs.setFloat(k, (pattern >> k & 1) == 0 ? -1 : 1);
        }
        var root = objective.curvature(out.detach(), Libtorch.view(targets), Libtorch.view(signs));
        double[] v = values(Libtorch.copy(root.contiguous()));
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < size; j++) {
            mean[i][j] += v[i] * v[j] / (1 << size);
          }
        }
      }
      for (int i = 0; i < size; i++) {
        Tensor unit = Tensor.allocate(DataType.FLOAT, output.dims());
        unit.setFloat(i, 1);
        var row = hessian.apply(Map.of("y", Libtorch.view(unit))).get("y");
        assertThat(mean[i]).containsExactly(values(Libtorch.copy(row)), within(1e-5));
      }
    }
  }

  @Test
  void whatTakesTooLongIsRefused() {
    Model model = Zoo.build("resnet20", 1);
    var random = SeededRandom.of(3);
    var data = Calibration.of("input", random.gaussian(2, 3, 32, 32), Tensor.of(new long[2], 2), 2);
    try (Evidence evidence = of(model, data)) {
      assertThatThrownBy(() -> evidence.gather(Set.of(Need.HESSIAN_DIAGONAL)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageMatching(
              "the exact diagonal of the Hessian takes [0-9,]+ passes back for each batch, more"
                  + " than 5,000: take an estimate of it");
    }
    Observation summed =
        Observation.USUAL.withObjective((forward, targets) -> forward.output().sum());
    Model mixed = Nets.mixed(3);
    try (Evidence evidence =
        Evidence.of(mixed, Layers.of(mixed).weights(), Nets.calibration(1, 3), summed)) {
      assertThatThrownBy(() -> evidence.gaussNewtonDiagonal("fc2.weight"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("the Gauss-Newton matrix of this loss isn't known");
    }
  }
}
