package org.espalier.graph.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ZooTest {
  static List<String> names() {
    return Zoo.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void graphIsWellFormedAndHasThePaperSParameters(String name) {
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
  }

  private static long parameters(Graph graph) {
    return graph.initializers().entrySet().stream()
        .filter(entry -> !entry.getKey().contains(".running_"))
        .map(Map.Entry::getValue)
        .filter(tensor -> tensor.type().isFloat() && tensor.rank() > 0)
        .mapToLong(Tensor::size)
        .sum();
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
