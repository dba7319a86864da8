package org.espalier.graph.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.espalier.graph.build.Conv.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.infer.Shapes;
import org.junit.jupiter.api.Test;

class GraphBuilderTest {
  private final GraphBuilder g = GraphBuilder.of("test", 1);

  @Test
  void namesFollowTheLayers() {
    Value x = g.input("input", 3, 9, 9);
    x = x.conv("layer1.0.conv1", 4, kernel(3).biased()).batchNorm("layer1.0.bn1").relu();
    x = x.conv("layer1.0.conv2", 4, kernel(3)).relu();
    Graph graph = g.output("logits", x.add(x)).build().graph();
    assertThat(graph.nodes().stream().map(Node::label))
        .containsExactly(
            "layer1.0.conv1",
            "layer1.0.bn1",
            "layer1.0.relu",
            "layer1.0.conv2",
            "layer1.0.relu_1",
            "layer1.0.add");
    assertThat(graph.initializers().keySet())
        .containsExactly(
            "layer1.0.conv1.weight",
            "layer1.0.conv1.bias",
            "layer1.0.bn1.weight",
            "layer1.0.bn1.bias",
            "layer1.0.bn1.running_mean",
            "layer1.0.bn1.running_var",
            "layer1.0.conv2.weight");
  }

  @Test
  void shapesAgreeWithInference() {
    Value x = g.input("input", 6, 17, 19);
    var values = new ArrayList<Value>();
    values.add(x.conv("a", 8, kernel(3).stride(2)));
    values.add(x.conv("b", 8, kernel(5).pad(0).groups(2)));
    values.add(x.conv("c", 8, kernel(3).dilation(2)));
    values.add(x.depthwise("d", kernel(7).stride(3)));
    values.add(x.convTranspose("e", 5, 2, 2));
    values.add(x.maxPool(3, 2, 1));
    values.add(x.averagePool(2, 2, 0));
    values.add(x.globalAveragePool());
    values.add(x.flatten());
    values.add(x.flatten().linear("f", 7));
    values.add(x.reshape(0, 2, -1, 19));
    values.add(x.transpose(0, 2, 3, 1).linear("g", 11));
    values.add(x.slice(2, 1, 16, 3));
    values.add(x.slice(3, 0, Long.MAX_VALUE, 2));
    values.addAll(x.split(1, 2, 4));
    values.add(x.concat(-1, x, x));
    values.add(x.unsqueeze(1).squeeze(1));
    values.add(x.add(g.weight("h", Init.normal(1), 19)));
    values.add(x.rmsNorm("i", 1e-5f));
    Value tokens = x.reshape(0, 6, -1);
    values.add(Recurrent.LSTM.states("lstm", tokens, 5, 2));
    values.add(Recurrent.GRU.last("gru", tokens, 5, 1));
    Value heads = Attention.heads(tokens.matmul("j", 12, Init.normal(1)), 3);
    values.add(Attention.merge(Attention.attend(heads, heads, heads)));
    values.add(Attention.repeat(heads, 2));
    for (int k = 0; k < values.size(); k++) {
      g.output("out" + k, values.get(k));
    }
    Shapes shapes = Shapes.infer(g.build());
    for (int k = 0; k < values.size(); k++) {
      assertThat(shapes.shape("out" + k)).as(values.get(k).name()).contains(values.get(k).shape());
    }
    assertThat(shapes.gaps()).isEmpty();
  }

  @Test
  void anOutputMayBeAnInputOrNamedTwice() {
    Value x = g.input("input", 3);
    Value y = x.relu();
    Graph graph = g.output("same", x).output("one", y).output("two", y).build().graph();
    assertThat(graph.nodes().stream().map(Node::op))
        .containsExactly("Relu", "Identity", "Identity");
    assertThat(graph.nodes().get(2).inputs()).containsExactly("one");
  }

  @Test
  void equalConstantsAreShared() {
    Value x = g.input("input", 4, 2);
    x = x.reshape(0, 8).reshape(0, 2, 4).reshape(0, 8);
    assertThat(g.output("out", x).build().graph().initializers()).hasSize(2);
  }

  @Test
  void anyOperatorCanBeAdded() {
    Value x = g.input("input", 3);
    Map<String, Attribute> attributes = Map.of("k", Attribute.of(1), "a", Attribute.of(2));
    Value y = g.node("own", "Custom", DataType.INT64, Shape.of(1), attributes, x);
    Model model = g.opset(17, 8).output("out", y).build();
    Node node = model.graph().nodes().getFirst();
    assertThat(node.op()).isEqualTo("Custom");
    assertThat(node.attributes().keySet()).as("in a fixed order").containsExactly("a", "k");
    assertThat(node.outputs()).isEqualTo(List.of("out"));
    assertThat(model.opset()).isEqualTo(17);
    assertThat(model.irVersion()).isEqualTo(8);
  }

  @Test
  void mistakesAreNamed() {
    Value x = g.input("input", 6, 5, 5);
    x.conv("conv", 4, kernel(3));
    assertMistake("the name 'conv.weight' is taken", () -> x.conv("conv", 4, kernel(3)));
    assertMistake(
        "6 channels and 5 filters in 2 groups", () -> x.conv("b", 5, kernel(1).groups(2)));
    assertMistake("too small", () -> x.maxPool(7, 1, 0));
    assertMistake("they don't broadcast", () -> x.add(x.slice(1, 0, 2, 1)));
    assertMistake("expected a number on axis 0", () -> x.size(0));
    assertMistake("expected [N, channels, height, width]", () -> x.flatten().maxPool(2, 2, 0));
    assertMistake("no output", g::build);
    Value stranger = GraphBuilder.of("other", 1).input("stranger", 6, 5, 5);
    assertMistake("another graph", () -> x.add(stranger));
  }

  private static void assertMistake(String message, Runnable mistake) {
    assertThatThrownBy(mistake::run)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
