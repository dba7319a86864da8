package org.espalier.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.junit.jupiter.api.Test;

class CanonicalTest {
  private static Model model(long opset, List<Node> nodes, Function... functions) {
    Graph graph =
        new Graph(
            "g",
            nodes,
            Map.of("w", Tensor.of(new float[] {1, 2, 3})),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(2, 3, 4, 4))),
            List.of(new ValueInfo("y", Type.tensor(DataType.FLOAT))));
    return new Model(
        8,
        "test",
        "",
        "",
        0,
        Map.of("", opset, "mine", 1L),
        graph,
        List.of(functions),
        Details.NONE);
  }

  private static Function function(
      String name, long opset, List<String> attributes, Node... nodes) {
    return new Function(
        name,
        "mine",
        "",
        List.of("a"),
        List.of("b"),
        attributes,
        Map.of(),
        List.of(nodes),
        Map.of("", opset, "mine", 1L),
        List.of(),
        Details.NONE);
  }

  private static Node call(String function, String in, String out, Map<String, Attribute> with) {
    return new Node(
        "call_" + out, function, "mine", "", List.of(in), List.of(out), with, Details.NONE);
  }

  private static List<String> ops(Model model) {
    return model.graph().nodes().stream().map(Node::op).toList();
  }

  @Test
  void anAxisOfOpset6BecomesAShape() {
    Model old =
        model(
            6,
            List.of(
                Node.of(
                    "Add",
                    List.of("x", "w"),
                    List.of("y"),
                    Map.of("axis", Attribute.of(1), "broadcast", Attribute.of(1)))));
    Model canonical = Canonical.of(old);
    assertThat(ops(canonical)).containsExactly("Unsqueeze", "Add");
    Node unsqueeze = canonical.graph().nodes().getFirst();
    assertThat(canonical.graph().initializers().get(unsqueeze.inputs().get(1)).integers())
        .containsExactly(1, 2);
    assertThat(canonical.graph().nodes().getLast().attributes()).isEmpty();
    assertThat(canonical.opset()).isEqualTo(Canonical.OPSET);
  }

  @Test
  void aSoftmaxOverSeveralAxesIsSpelledOut() {
    Model old = model(11, List.of(Node.of("Softmax", List.of("x"), List.of("y"))));
    assertThat(ops(Canonical.of(old))).containsExactly("Flatten", "Softmax", "Shape", "Reshape");
    Model last =
        model(
            11,
            List.of(
                Node.of("Softmax", List.of("x"), List.of("y"), Map.of("axis", Attribute.of(3)))));
    assertThat(ops(Canonical.of(last))).containsExactly("Softmax");
  }

  @Test
  void identityAndDropoutGoButOutputsKeepTheirNames() {
    Model model =
        model(
            13,
            List.of(
                Node.of("Identity", List.of("x"), List.of("a")),
                Node.of("Dropout", List.of("a"), List.of("b")),
                Node.of("Relu", List.of("b"), List.of("c")),
                Node.of("Identity", List.of("c"), List.of("y"))));
    Model canonical = Canonical.of(model);
    assertThat(ops(canonical)).containsExactly("Relu", "Identity");
    assertThat(canonical.graph().nodes().getFirst().inputs()).containsExactly("x");
    assertThat(ops(Canonical.of(model, Set.of("Dropout")))).contains("Dropout");
  }

  @Test
  void functionsAreInlinedInTheirOwnOpset() {
    Function inner =
        function(
            "Inner",
            12,
            List.of("axis"),
            Node.of(
                "Unsqueeze",
                List.of("a"),
                List.of("t"),
                Map.of("axes", new Attribute.Reference("axis", 7))),
            Node.of("Neg", List.of("t"), List.of("b")));
    Function outer =
        function(
            "Outer",
            18,
            List.of(),
            call("Inner", "a", "t", Map.of("axis", Attribute.of(new long[] {0}))),
            Node.of("Relu", List.of("t"), List.of("b")));
    Model model =
        model(
            18,
            List.of(call("Outer", "x", "m", Map.of()), call("Outer", "m", "y", Map.of())),
            inner,
            outer);
    Model inlined = InlineFunctions.of(model);
    assertThat(inlined.functions()).isEmpty();
    assertThat(ops(inlined))
        .containsExactly("Unsqueeze", "Neg", "Relu", "Unsqueeze", "Neg", "Relu");
    // The inner function's axes were an attribute in its opset 12; in the model's they are inputs.
    assertThat(inlined.graph().nodes().getFirst().inputs()).hasSize(2);
    assertThat(inlined.graph().nodes().stream().flatMap(n -> n.outputs().stream()))
        .doesNotHaveDuplicates()
        .contains("m", "y");
  }

  @Test
  void aFunctionMayReturnItsInput() {
    Model model =
        model(
            18,
            List.of(call("Same", "x", "y", Map.of())),
            new Function(
                "Same",
                "mine",
                "",
                List.of("a"),
                List.of("a"),
                List.of(),
                Map.of(),
                List.of(),
                Map.of("", 18L),
                List.of(),
                Details.NONE));
    assertThat(InlineFunctions.of(model).graph().nodes())
        .containsExactly(Node.of("Identity", List.of("x"), List.of("y")));
  }

  @Test
  void aFunctionThatCallsItselfIsRefused() {
    Function endless = function("Endless", 18, List.of(), call("Endless", "a", "b", Map.of()));
    Model model = model(18, List.of(call("Endless", "x", "y", Map.of())), endless);
    assertThatThrownBy(() -> Canonical.of(model))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'Endless' calls itself");
  }

  @Test
  void functionsThatMultiplyAreRefused() {
    var functions = new Function[40];
    functions[0] = function("F0", 18, List.of(), Node.of("Neg", List.of("a"), List.of("b")));
    for (int k = 1; k < functions.length; k++) {
      functions[k] =
          function(
              "F" + k,
              18,
              List.of(),
              call("F" + (k - 1), "a", "t", Map.of()),
              call("F" + (k - 1), "t", "b", Map.of()));
    }
    Model model = model(18, List.of(call("F39", "x", "y", Map.of())), functions);
    assertThatThrownBy(() -> Canonical.of(model))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nodes");
  }

  private static Graph branch(String output, Node... nodes) {
    return new Graph(
        output,
        List.of(nodes),
        Map.of("own", Tensor.scalar(2f)),
        List.of(),
        List.of(new ValueInfo(output, Type.tensor(DataType.FLOAT))));
  }

  private static Node choice(String condition, String output, Graph yes, Graph no) {
    return Node.of(
        "If",
        List.of(condition),
        List.of(output),
        Map.of("then_branch", Attribute.of(yes), "else_branch", Attribute.of(no)));
  }

  @Test
  void aBranchThatShapesDecideIsTaken() {
    Graph add = branch("t", Node.of("Add", List.of("x", "own"), List.of("t")));
    Graph outer = branch("x"); // passes a value of the graph around it on
    Graph nested = branch("t", choice("never", "t", outer, add));
    Model model =
        model(
            13,
            List.of(
                Node.of("Shape", List.of("x"), List.of("sizes")),
                Node.of("Size", List.of("sizes"), List.of("rank")),
                Node.of(
                    "Constant",
                    List.of(),
                    List.of("zero"),
                    Map.of("value", Attribute.of(Tensor.scalar(0L)))),
                Node.of("Equal", List.of("rank", "zero"), List.of("never")),
                choice("never", "a", outer, nested),
                choice("never", "b", add, outer),
                Node.of("Add", List.of("a", "b"), List.of("y"))));
    Model canonical = Canonical.of(model);
    assertThat(ops(canonical)).containsExactly("Shape", "Size", "Equal", "Add", "Add");
    Node inlined = canonical.graph().nodes().get(3);
    assertThat(inlined.inputs().getFirst()).isEqualTo("x");
    assertThat(canonical.graph().initializer(inlined.inputs().get(1))).contains(Tensor.scalar(2f));
    assertThat(canonical.graph().nodes().getLast().inputs()).containsExactly("a", "x");
    assertThat(Canonical.of(canonical)).isEqualTo(canonical);
  }

  @Test
  void aBranchThatDataDecideStays() {
    Graph add = branch("t", Node.of("Add", List.of("x", "own"), List.of("t")));
    Model model =
        model(
            13,
            List.of(
                Node.of("ReduceMax", List.of("x"), List.of("most")),
                Node.of("Cast", List.of("most"), List.of("any"), Map.of("to", Attribute.of(9))),
                choice("any", "y", add, branch("x"))));
    assertThat(ops(Canonical.of(model))).containsExactly("ReduceMax", "Cast", "If");
  }

  @Test
  void whatIsKeptIsNotLowered() {
    Model model = model(20, List.of(Node.of("Gelu", List.of("x"), List.of("y"))));
    Model canonical = Canonical.of(model);
    assertThat(Lowering.of(canonical, Set.of("Gelu"))).isSameAs(canonical);
    assertThat(ops(Lowering.of(canonical, Set.of()))).contains("Erf");
  }
}
