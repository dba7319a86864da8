package org.espalier.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.eval.Walker;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** Masks as exporters write them, before and after {@link NeutralOperands}, {@link LateExpand}. */
class NeutralOperandsTest {
  private static final List<Pass> PASSES =
      List.of(
          new NeutralOperands(), new RemoveIdentities(), new LateExpand(), new RemoveDeadNodes());

  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();

  private void node(String op, List<String> in, String out, Object... attributes) {
    Map<String, Attribute> named =
        attributes.length == 0
            ? Map.of()
            : Map.of((String) attributes[0], Attribute.of((Long) attributes[1]));
    nodes.add(Node.of(op, in, List.of(out), named));
  }

  private static Tensor booleans(boolean... values) {
    Tensor tensor = Tensor.allocate(DataType.BOOL, values.length, 1);
    IntStream.range(0, values.length).forEach(k -> tensor.setReal(k, values[k] ? 1 : 0));
    return tensor;
  }

  private Model model(String... outputs) {
    List<ValueInfo> given =
        inputs.entrySet().stream()
            .map(
                e ->
                    new ValueInfo(
                        e.getKey(), Type.tensor(DataType.FLOAT, Shape.of(e.getValue().dims()))))
            .toList();
    List<ValueInfo> made =
        List.of(outputs).stream()
            .map(name -> new ValueInfo(name, Type.tensor(DataType.FLOAT)))
            .toList();
    return Model.of(new Graph("test", nodes, weights, given, made), 8, 17);
  }

  /** What is left; it computes the same. */
  private List<String> left(Model model) {
    Model after = model;
    for (Pass pass : PASSES) {
      after = pass.apply(after);
    }
    List<Tensor> expected = Walker.run(model.graph(), inputs);
    List<Tensor> found = Walker.run(after.graph(), inputs);
    for (int k = 0; k < expected.size(); k++) {
      assertThat(found.get(k)).isEqualTo(expected.get(k));
    }
    return after.graph().nodes().stream().map(Node::op).toList();
  }

  /** A mask over keys, the same for all queries, that is added to scores of several heads. */
  @Test
  void masksAreMadeOnce() {
    var random = SeededRandom.fresh();
    inputs.put("mask", random.gaussian(1, 5));
    inputs.put("scores", random.gaussian(2, 3, 5));
    weights.put("queries", booleans(true, true, true));
    weights.put("keys", Tensor.of(new long[] {0, 1, 2, 3, 4}, 1, 5));
    weights.put("row", Tensor.of(new long[] {1, 5}));
    weights.put("shape", Tensor.of(new long[] {3, 5}));
    weights.put("zero", Tensor.of(new float[] {0}));
    weights.put("low", Tensor.of(new float[] {-9}));
    node("Gather", List.of("mask", "keys"), "gathered", "axis", 1L);
    node("Reshape", List.of("gathered", "row"), "kept");
    node("Greater", List.of("kept", "zero"), "seen");
    node("And", List.of("queries", "seen"), "both");
    node("Expand", List.of("both", "shape"), "whole");
    node("Where", List.of("whole", "zero", "low"), "added");
    node("Add", List.of("scores", "added"), "y");
    assertThat(left(model("y"))).containsExactly("Reshape", "Reshape", "Greater", "Where", "Add");
  }

  @Test
  void whatIsNotNeutralStays() {
    var random = SeededRandom.fresh();
    inputs.put("mask", random.gaussian(1, 5));
    weights.put("queries", booleans(true, false, true));
    weights.put("reversed", Tensor.of(new long[] {4, 3, 2, 1, 0}));
    weights.put("zero", Tensor.of(new float[] {0}));
    weights.put("low", Tensor.of(new float[] {-9}));
    node("Gather", List.of("mask", "reversed"), "gathered", "axis", 1L);
    node("Greater", List.of("gathered", "zero"), "seen");
    node("And", List.of("queries", "seen"), "both");
    node("Where", List.of("both", "zero", "low"), "y");
    assertThat(left(model("y"))).containsExactly("Gather", "Greater", "And", "Where");
  }

  /** What is repeated and then read whole is repeated late, an output still has its shape. */
  @Test
  void whatIsReadWholeIsRepeatedLate() {
    var random = SeededRandom.fresh();
    inputs.put("x", random.gaussian(1, 5));
    weights.put("shape", Tensor.of(new long[] {3, 5}));
    weights.put("two", Tensor.of(new float[] {2}));
    node("Expand", List.of("x", "shape"), "rows");
    node("Mul", List.of("rows", "two"), "doubled");
    node("Sub", List.of("doubled", "rows"), "y");
    node("Softmax", List.of("doubled"), "z");
    assertThat(left(model("y", "z"))).containsExactly("Mul", "Expand", "Sub", "Expand", "Softmax");
  }

  /** An operator of somebody else's may do anything with whole rows, whatever it is called. */
  @Test
  void foreignOperatorsReadWholeRows() {
    inputs.put("x", SeededRandom.fresh().gaussian(1, 5));
    weights.put("shape", Tensor.of(new long[] {3, 5}));
    node("Expand", List.of("x", "shape"), "rows");
    nodes.add(
        new Node(
            "mine",
            "Mul",
            "my.domain",
            "",
            List.of("rows", "x"),
            List.of("y"),
            Map.of(),
            Details.NONE));
    var declared = new ValueInfo("y", Type.tensor(DataType.FLOAT, Shape.of(3, 5)));
    Model given = model("y");
    Model model = given.withGraph(given.graph().withOutputs(List.of(declared)));
    assertThat(new LateExpand().apply(model)).isSameAs(model);
    assertThat(new NeutralOperands().apply(model)).isSameAs(model);
  }
}
