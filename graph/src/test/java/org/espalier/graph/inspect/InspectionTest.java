package org.espalier.graph.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.espalier.graph.build.Conv.kernel;

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
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Recurrent;
import org.espalier.graph.build.Value;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class InspectionTest {
  /** Millions of multiply-accumulates for one image, from papers and torchvision's model table. */
  @ParameterizedTest
  @CsvSource({
    "lenet-300-100, 0.2662",
    "lenet-5, 2.293",
    "resnet20, 40.8",
    "resnet56, 125.5",
    "vgg16-bn, 313.2",
    "resnet18, 1814",
    "resnet50, 4089",
    "densenet121, 2834",
    "mobilenetv1, 569",
    "mobilenetv2, 300.8",
    "mobilenetv3-small, 56.5",
    "shufflenetv2, 144.9",
    "efficientnet-b0, 386"
  })
  void macsAreThoseOfTheLiterature(String name, double millions) {
    Inspection inspection = Inspection.of(Zoo.build(name, 1));
    assertThat(inspection.macs() / 1e6).isCloseTo(millions, within(0.01 * millions));
    assertThat(inspection.uncounted()).isEmpty();
    assertThat(inspection.nonzeroMacs()).isEqualTo(inspection.macs());
  }

  static List<String> names() {
    return Zoo.names().stream().filter(name -> Zoo.describe(name).parameters() < 10e6).toList();
  }

  @ParameterizedTest
  @MethodSource("names")
  void parametersAreThoseOfTheZoo(String name) {
    Model model = Zoo.build(name, 1);
    Inspection inspection = Inspection.of(model);
    assertThat(inspection.parameters()).isEqualTo(Zoo.describe(name).parameters());
    assertThat(inspection.bytes()).isEqualTo(Onnx.toBytes(model).length);
    assertThat(inspection.uncounted()).isEmpty();
    assertThat(inspection.opset()).isEqualTo(21);
  }

  @Test
  void batchAndSequenceMultiplyTheWork() {
    Model model = Zoo.build("bert-tiny", 1);
    var inputs = new HashMap<String, Shape>();
    inputs.put("input_ids", Shape.of(3, 16));
    inputs.put("attention_mask", Shape.of(3, 16));
    long linear = 2 * (4 * 128 * 128 + 2 * 128 * 512) * 16L;
    long attention = 2 * 2 * 16 * 16 * 128L;
    long head = 128 * 128 + 2 * 128;
    assertThat(Inspection.of(model, inputs).macs()).isEqualTo(3 * (linear + attention + head));
  }

  @Test
  void zerosAreCountedWhereTheyAre() {
    Model model = Zoo.build("lenet-300-100", 1);
    Tensor weight = model.graph().initializers().get("fc1.weight").copy();
    for (long k = 0; k < weight.size(); k += 2) {
      weight.setFloat(k, 0);
    }
    Graph pruned = model.graph().replacing(Map.of("fc1.weight", weight));
    Inspection inspection = Inspection.of(model.withGraph(pruned));
    Inspection.Layer layer = inspection.layers().getFirst();
    assertThat(layer.name()).isEqualTo("fc1");
    assertThat(layer.op()).isEqualTo("Gemm");
    assertThat(layer.shape()).contains(Shape.of(1, 300));
    assertThat(layer.parameters()).isEqualTo(784 * 300 + 300);
    assertThat(layer.nonzeros()).as("biases start at zero").isEqualTo(784 * 300 / 2);
    assertThat(layer.macs()).isEqualTo(784 * 300);
    assertThat(layer.nonzeroMacs()).isEqualTo(784 * 300 / 2);
    assertThat(inspection.nonzeros()).isEqualTo(784 * 150 + 300 * 100 + 100 * 10);
  }

  /** Brute force on the definition: the sums that each operator has, counted by hand. */
  @Test
  void operatorsCountTheirProducts() {
    GraphBuilder g = GraphBuilder.of("operators", 1);
    Value x = g.input("input", 6, 7, 5);
    g.output("a", x.convTranspose("transpose", 4, 3, 2));
    g.output("b", x.conv("grouped", 4, kernel(3).groups(2)));
    g.output("c", x.matmul(x.transpose(0, 1, 3, 2)));
    g.output("d", Recurrent.GRU.last("gru", x.reshape(0, 6, 35), 3, 2));
    Value w = g.weight("w", Init.normal(1), 6, 11);
    Map<String, Attribute> equation = Map.of("equation", Attribute.of("nchw,cd->nd"));
    g.output("e", g.node("sum", "Einsum", DataType.FLOAT, Shape.of(2, 11), equation, x, w));
    Map<String, Shape> two = Map.of("input", Shape.of(2, 6, 7, 5));
    assertThat(Inspection.of(g.build(), two).layers())
        .extracting(Inspection.Layer::macs)
        .containsExactly(
            2L * 6 * 7 * 5 * 4 * 9,
            2L * 4 * 7 * 5 * 3 * 9,
            2L * 6 * 7 * 7 * 5,
            2L * 6 * 2 * 9 * (35 + 3),
            2L * 6 * 7 * 5 * 11);
  }

  @Test
  void whatIsNotKnownIsSaid() {
    GraphBuilder g = GraphBuilder.of("open", 1);
    Value x =
        g.input("input", DataType.FLOAT, Dim.symbol("N"), Dim.of(3), Dim.symbol("H"), Dim.of(8));
    Inspection open = Inspection.of(g.output("out", x.conv("conv", 4, kernel(3))).build());
    assertThat(open.macs()).isZero();
    assertThat(open.uncounted()).extracting(Inspection.Uncounted::node).containsExactly("conv");
    assertThat(open.parameters()).isEqualTo(108);
  }

  @Test
  void constantsOfAnyFormAreToldFromParameters() {
    Tensor matrix = Tensor.of(new float[] {1, 0, 2, 0}, 2, 2);
    Tensor scale = Tensor.of(new float[] {0.5f, 0.5f});
    Tensor integers = Tensor.of(new int[] {1, 2, 0, 4}, 2, 2);
    Node constant =
        Node.of("Constant", List.of(), List.of("w"), Map.of("value", Attribute.of(matrix)));
    Node dequantize = Node.of("DequantizeLinear", List.of("q", "s"), List.of("dq"));
    Node one = Node.of("MatMul", List.of("x", "w"), List.of("y"));
    Node two = Node.of("MatMul", List.of("y", "dq"), List.of("z"));
    Node halved = Node.of("Mul", List.of("z", "half"), List.of("out"));
    var initializers = new HashMap<String, Tensor>();
    initializers.put("q", integers);
    initializers.put("s", scale);
    initializers.put("half", Tensor.scalar(0.5f));
    Graph graph =
        new Graph(
            "constants",
            List.of(constant, dequantize, one, two, halved),
            initializers,
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(1, 2))),
            List.of(ValueInfo.of("out", DataType.FLOAT, Shape.of(1, 2))));
    assertThat(Parameters.of(graph)).containsOnlyKeys("w", "q");
    Inspection inspection = Inspection.of(Model.of(graph, 10, 21));
    assertThat(inspection.parameters()).isEqualTo(8);
    assertThat(inspection.nonzeros()).isEqualTo(5);
    assertThat(inspection.macs()).isEqualTo(8);
  }
}
