package org.espalier.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The gradient of every operator against central differences, in double precision. */
class GradientTest {
  /** Operators whose outputs are integers, booleans, or constants. */
  private static final Set<String> WITHOUT_GRADIENT =
      Set.of(
          "And",
          "ArgMax",
          "ArgMin",
          "BitCast",
          "BitShift",
          "BitwiseAnd",
          "BitwiseNot",
          "BitwiseOr",
          "BitwiseXor",
          "ConstantOfShape",
          "ConvInteger",
          "DynamicQuantizeLinear",
          "Equal",
          "EyeLike",
          "Greater",
          "GreaterOrEqual",
          "Hardmax",
          "IsInf",
          "IsNaN",
          "Less",
          "LessOrEqual",
          "MatMulInteger",
          "NonZero",
          "Not",
          "Or",
          "QuantizeLinear",
          "Range",
          "Shape",
          "Size",
          "Xor");

  private static final double STEP = 1e-6;
  private static final TorchModel.Options ONE_THREAD = TorchModel.Options.usual().withThreads(1);

  private final SeededRandom random = SeededRandom.fresh();
  private final Map<String, List<OperatorCase>> cases = OperatorCases.of(random);

  /** A new operator needs a case here, or a word that it has no gradient. */
  @Test
  void everyOperatorHasACase() {
    var covered = new TreeSet<>(cases.keySet());
    covered.addAll(WITHOUT_GRADIENT);
    assertThat(covered).containsAll(TorchModel.operators());
  }

  @TestFactory
  List<DynamicTest> gradientsAreDifferences() {
    var tests = new ArrayList<DynamicTest>();
    cases.forEach(
        (op, applications) -> {
          for (OperatorCase one : applications) {
            tests.add(DynamicTest.dynamicTest(one.toString(), () -> check(one)));
          }
        });
    return tests;
  }

  private void check(OperatorCase one) {
    var tensors = new LinkedHashMap<String, Tensor>();
    var names = new ArrayList<String>();
    for (int k = 0; k < one.inputs().size(); k++) {
      Tensor input = one.inputs().get(k);
      names.add(input == null ? "" : "x" + k);
      if (input != null) {
        tensors.put("x" + k, input);
      }
    }
    try (var net = TorchModel.of(model(one, names, tensors), ONE_THREAD);
        var _ = new PointerScope()) {
      var views = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
      var differentiated = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
      tensors.forEach(
          (name, tensor) -> {
            var view = Libtorch.view(tensor);
            views.put(name, view);
            if (tensor.type() == DataType.DOUBLE) {
              differentiated.put(name, view);
            }
          });
      differentiated.values().forEach(view -> view.set_requires_grad(true));
      var projections = new HashMap<String, org.bytedeco.pytorch.Tensor>();
      var gradients = Autograd.gradients(loss(net, views, projections), differentiated);
      for (var entry : gradients.entrySet()) {
        Tensor found = Libtorch.copy(entry.getValue());
        Tensor input = tensors.get(entry.getKey());
        try (var _ = new AutoGradMode(false)) {
          compare(one, entry.getKey(), input, found, net, views, projections);
        }
      }
    }
  }

  private static Model model(OperatorCase one, List<String> names, Map<String, Tensor> tensors) {
    var outputs = new ArrayList<String>();
    for (int k = 0; k < one.outputs(); k++) {
      outputs.add("y" + k);
    }
    var graph =
        new Graph(
            one.op(),
            List.of(Node.of(one.op(), names, outputs, one.attributes())),
            Map.of(),
            tensors.entrySet().stream()
                .map(e -> ValueInfo.of(e.getKey(), e.getValue().type(), e.getValue().shape()))
                .toList(),
            outputs.stream()
                .map(name -> new ValueInfo(name, Type.tensor(DataType.DOUBLE)))
                .toList());
    return Model.of(graph, 13, 28);
  }

  /** A random linear function of the outputs, the same in each call. */
  private org.bytedeco.pytorch.Tensor loss(
      TorchModel net,
      Map<String, org.bytedeco.pytorch.Tensor> inputs,
      Map<String, org.bytedeco.pytorch.Tensor> projections) {
    org.bytedeco.pytorch.Tensor loss = null;
    for (var output : net.forward(inputs, Mode.EVAL).outputs().entrySet()) {
      var y = output.getValue();
      var projection =
          projections.computeIfAbsent(
              output.getKey(), name -> Libtorch.view(doubles(Libtorch.shape(y))));
      var part = y.mul(projection).sum();
      loss = loss == null ? part : loss.add(part);
    }
    return loss;
  }

  private Tensor doubles(long[] shape) {
    Tensor tensor = Tensor.allocate(DataType.DOUBLE, shape);
    for (long k = 0; k < tensor.size(); k++) {
      write(tensor, k, random.nextGaussian());
    }
    return tensor;
  }

  private static void write(Tensor tensor, long index, double value) {
    tensor.data().setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
  }

  private void compare(
      OperatorCase one,
      String name,
      Tensor input,
      Tensor gradient,
      TorchModel net,
      Map<String, org.bytedeco.pytorch.Tensor> views,
      Map<String, org.bytedeco.pytorch.Tensor> projections) {
    assertThat(gradient.dims()).isEqualTo(input.dims());
    for (long k = 0; k < input.size(); k++) {
      try (var _ = new PointerScope()) {
        double at = input.realAt(k);
        write(input, k, at + STEP);
        double up = loss(net, views, projections).item_double();
        write(input, k, at - STEP);
        double down = loss(net, views, projections).item_double();
        write(input, k, at);
        double difference = (up - down) / (2 * STEP);
        assertThat(difference).as("%s: difference", one).isFinite();
        double tolerance = 1e-5 * (1 + Math.abs(difference));
        assertThat(gradient.realAt(k))
            .as("%s: derivative by element %d of %s", one, k, name)
            .isCloseTo(difference, Offset.offset(tolerance));
      }
    }
  }
}
