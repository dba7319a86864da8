package org.espalier.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** Gradient nodes in a model against derivatives on paper. */
class GradientOperatorTest {
  private static Node gradient(String y, List<String> inputs, String output, String... xs) {
    return new Node(
        "",
        "Gradient",
        "ai.onnx.preview.training",
        "",
        inputs,
        List.of(output),
        Map.of(
            "xs",
            new Attribute.StringValues(Arrays.stream(xs).map(Bytes::utf8).toList()),
            "y",
            Attribute.of(y)),
        Details.NONE);
  }

  private static ValueInfo vector(String name) {
    return ValueInfo.of(name, DataType.FLOAT, Shape.of(7));
  }

  /** {@code y = a^3}, its first derivative, and what {@code more} says. */
  private static Model cube(Node... more) {
    var nodes =
        new ArrayList<>(
            List.of(
                Node.of("Mul", List.of("a", "a"), List.of("square")),
                Node.of("Mul", List.of("square", "a"), List.of("y")),
                gradient("y", List.of("a"), "first", "a")));
    nodes.addAll(List.of(more));
    var outputs = nodes.subList(1, nodes.size()).stream().map(n -> vector(n.label())).toList();
    return Model.of(new Graph("cube", nodes, Map.of(), List.of(vector("a")), outputs), 10, 21);
  }

  @Test
  void firstAndSecondDerivative() {
    Tensor a = SeededRandom.fresh().gaussian(7);
    try (var model = TorchModel.of(cube(gradient("first", List.of("a"), "second", "a")))) {
      Map<String, Tensor> outputs = model.run(Map.of("a", a));
      for (int k = 0; k < 7; k++) {
        float x = a.floatAt(k);
        assertThat(outputs.get("first").realAt(k)).isCloseTo(3.0 * x * x, within(1e-5));
        assertThat(outputs.get("second").realAt(k)).isCloseTo(6.0 * x, within(1e-5));
      }
    }
  }

  @Test
  void otherPointsAndValuesInBetweenAreRefused() {
    assertThatThrownBy(() -> TorchModel.of(cube(gradient("y", List.of("square"), "z", "a"))))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("inputs [square] are not the values [a] of 'xs' and 'zs'");
    assertThatThrownBy(() -> TorchModel.of(cube(gradient("y", List.of("square"), "z", "square"))))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("[square] are not all floating-point inputs of the graph");
    assertThatThrownBy(() -> TorchModel.of(cube(gradient("later", List.of("a"), "z", "a"))))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("'y' is 'later', which no node before it makes");
  }
}
