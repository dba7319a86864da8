package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.Canonical;
import org.espalier.graph.pass.Editable;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class EditableTest {
  private static Graph graph(List<Node> nodes, Map<String, Tensor> initializers) {
    return new Graph(
        "g",
        nodes,
        initializers,
        List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(2, 3))),
        List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(2, 3))));
  }

  @Test
  void aBiasThatTwoNodesReadIsGivenToBoth() {
    Tensor bias = Tensor.of(new float[] {1, 2, 3});
    Graph graph =
        graph(
            List.of(
                Node.of("Identity", List.of("b"), List.of("same")),
                Node.of("Add", List.of("x", "b"), List.of("once")),
                Node.of("Add", List.of("once", "same"), List.of("y"))),
            Map.of("b", bias));
    Graph editable = Editable.of(Model.of(graph, 8, 17)).graph();
    assertThat(editable.nodes()).extracting(Node::op).containsExactly("Add", "Add");
    assertThat(editable.nodes().getLast().inputs()).doesNotContain("b");
    assertThat(editable.initializers()).hasSize(2).containsValue(bias);
  }

  @Test
  void sizesAreNumbersAndLargeResultsAreNot() {
    Graph graph =
        graph(
            List.of(
                Node.of("Shape", List.of("x"), List.of("s")),
                Node.of("Add", List.of("w", "w"), List.of("twice")),
                Node.of("ReduceSum", List.of("twice"), List.of("sum")),
                Node.of("Mul", List.of("x", "sum"), List.of("z")),
                Node.of("Reshape", List.of("z", "s"), List.of("y"))),
            Map.of("w", Tensor.allocate(DataType.FLOAT, 10, 10)));
    Graph editable = Editable.of(Model.of(graph, 8, 17)).graph();
    assertThat(editable.nodes()).extracting(Node::op).startsWith("Add").endsWith("Reshape");
    assertThat(editable.initializer("s").orElseThrow().integers()).containsExactly(2, 3);
  }

  @Test
  void whatTheCallerMayReplaceIsNoConstant() {
    Graph plain =
        graph(
            List.of(
                Node.of("Add", List.of("k", "k"), List.of("twice")),
                Node.of("Mul", List.of("x", "twice"), List.of("y"))),
            Map.of("k", Tensor.of(new float[] {2}), "other", Tensor.of(new float[] {2})));
    Graph graph =
        new Graph(
            "g",
            plain.nodes(),
            plain.initializers(),
            List.of(plain.inputs().getFirst(), ValueInfo.of("k", DataType.FLOAT, Shape.of(1))),
            plain.outputs());
    Graph editable = Editable.of(Model.of(graph, 8, 17)).graph();
    assertThat(editable.inputs()).hasSize(2);
    assertThat(editable.nodes()).hasSize(2);
  }

  @Test
  void aSparseWeightStaysSparse() {
    Graph plain = graph(List.of(Node.of("Mul", List.of("x", "w"), List.of("y"))), Map.of());
    SparseTensor sparse =
        SparseTensor.of(Tensor.of(new float[] {0, 2, 0}), SparseTensor.Form.INDEXED);
    Graph graph =
        new Graph(
            plain.name(),
            plain.nodes(),
            Map.of(),
            Map.of("w", sparse),
            plain.inputs(),
            plain.outputs(),
            List.of(),
            List.of(),
            plain.details());
    assertThat(Editable.of(Model.of(graph, 8, 17)).graph().sparseInitializers())
        .containsEntry("w", sparse);
  }

  @Test
  @Tag("slow")
  void whatExportersWriteComputesTheSame() throws IOException {
    try (Stream<Path> folders = Files.list(TestData.of("exported"))) {
      for (Path folder : folders.sorted().toList()) {
        Model editable = Editable.of(Onnx.read(folder.resolve("model.onnx")));
        assertThat(editable.graph())
            .as("%s again", folder)
            .isEqualTo(Editable.of(editable).graph());
        // ONNX Runtime's own answer: it rounds quantised layers otherwise than the exporter did.
        assertThat(outcome(folder, Editable::of)).isEqualTo(outcome(folder, model -> model));
        assertNamesMatch(folder, editable.graph(), Canonical.of(editable).graph());
      }
    }
  }

  private static String outcome(Path folder, UnaryOperator<Model> pass) {
    return Check.with(model -> OnnxRuntime.of(pass.apply(model))).run(folder).cases().stream()
        .map(one -> one.status() + " " + one.reason())
        .toList()
        .toString();
  }

  /** Most nodes keep their operator; their values must then keep their names. */
  private static void assertNamesMatch(Path folder, Graph editable, Graph canonical) {
    Set<String> made = new HashSet<>(canonical.initializers().keySet());
    canonical.nodes().forEach(node -> made.addAll(node.outputs()));
    long lost =
        editable.nodes().stream()
            .filter(node -> !node.is("Dropout"))
            .filter(node -> node.output(0).filter(out -> !made.contains(out)).isPresent())
            .count();
    assertThat(lost).as("values of %s lost", folder).isZero();
  }
}
