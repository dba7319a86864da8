package org.espalier.graph.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.onnx.Onnx;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZooTest {
  static List<String> light() {
    return Zoo.names().stream().filter(name -> Zoo.describe(name).parameters() < 30e6).toList();
  }

  static List<String> heavy() {
    return Zoo.names().stream().filter(name -> !light().contains(name)).toList();
  }

  @ParameterizedTest
  @MethodSource("light")
  void isWellFormedAndHasThePapersParameters(String name) {
    check(name);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("heavy")
  void isWellFormedAndHasThePapersParametersToo(String name) {
    check(name);
  }

  private static void check(String name) {
    Model model = Zoo.build(name, 1);
    Graph graph = model.graph();
    var known = new HashSet<String>(graph.initializers().keySet());
    graph.inputs().forEach(input -> assertThat(known.add(input.name())).isTrue());
    for (Node node : graph.nodes()) {
      assertThat(known).as(node.label()).containsAll(node.inputs());
      for (String output : node.outputs()) {
        assertThat(output.isEmpty() || known.add(output)).as(output).isTrue();
      }
    }
    var used = new HashSet<>(graph.consumers().keySet());
    graph.outputs().forEach(output -> used.add(output.name()));
    assertThat(known).as("nothing is left over").isEqualTo(used);
    assertThat(parameters(graph)).isEqualTo(Zoo.describe(name).parameters());
    Shapes shapes = Shapes.infer(model);
    assertThat(shapes.gaps()).isEmpty();
    for (ValueInfo output : graph.outputs()) {
      Shape shape = shapes.shape(output.name()).orElseThrow();
      assertThat(output.type()).isEqualTo(Type.tensor(DataType.FLOAT, shape));
    }
  }

  private static long parameters(Graph graph) {
    return graph.initializers().entrySet().stream()
        .filter(entry -> !entry.getKey().contains(".running_"))
        .map(Map.Entry::getValue)
        .filter(tensor -> tensor.type().isFloat() && tensor.rank() > 0)
        .mapToLong(Tensor::size)
        .sum();
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "mobilenetv3-small", "gpt-char", "llama-tiny", "gru"})
  void sameSeedGivesTheSameBytes(String name) {
    byte[] bytes = Onnx.toBytes(Zoo.build(name, 3));
    assertThat(Onnx.toBytes(Zoo.build(name, 3))).isEqualTo(bytes);
    assertThat(Onnx.parse(bytes)).isEqualTo(Zoo.build(name, 3));
  }

  /** Written down once: a file must not change with the machine, the JDK or a refactoring. */
  @Test
  void bytesAreForEver() {
    var crc = new CRC32();
    crc.update(Onnx.toBytes(Zoo.build("lenet-5", 42)));
    assertThat(crc.getValue()).isEqualTo(2273424305L);
  }

  @Test
  void seedDecidesTheWeights() {
    Graph one = Zoo.build("lenet-5", 7).graph();
    assertThat(Zoo.build("lenet-5", 7).graph()).isEqualTo(one);
    assertThat(Zoo.build("lenet-5", 8).graph().initializers().get("conv1.weight"))
        .isNotEqualTo(one.initializers().get("conv1.weight"));
  }

  @Test
  void unknownNameIsAnErrorThatListsTheKnown() {
    assertThatThrownBy(() -> Zoo.build("lenet-6", 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("lenet-6")
        .hasMessageContaining("lenet-5");
  }
}
