package org.espalier.prune.coupling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import org.junit.jupiter.api.Test;

/** The rules beside convolutions and products, each on the smallest network that has channels. */
class FamilyTiesTest {
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  @Test
  void hiddenUnitsOfBothDirections() {
    weight("w", 2, 4 * 5, 3);
    weight("r", 2, 4 * 5, 5);
    weight("b", 2, 8 * 5);
    nodes.add(
        Node.of(
            "LSTM",
            List.of("x", "w", "r", "b"),
            List.of("y", "h", "c"),
            Map.of("hidden_size", Attribute.of(5), "direction", Attribute.of("bidirectional"))));
    node("Transpose", Map.of("perm", Attribute.of(0L, 2L, 1L, 3L)), "swapped", "y");
    integers("flat", 0, 0, -1);
    node("Reshape", Map.of(), "joined", "swapped", "flat");
    last("joined", 10);
    Coupling coupling = coupling(Shape.of(7, 2, 3));
    assertEquals(1, coupling.groups().size());
    Group units = coupling.groups().getFirst();
    assertEquals(5, units.size());
    assertArrayEquals(new int[] {2, 7, 12, 17}, member(units, "w", 1).positions(2));
    assertArrayEquals(new int[] {2, 7, 12, 17, 22, 27, 32, 37}, member(units, "b", 1).positions(2));
    assertEquals(Role.CONSUMER, member(units, "r", 2).role());
    assertArrayEquals(new int[] {2, 7}, member(units, "last", 0).positions(2));
    assertArrayEquals(new int[] {0, 1, 2, 3, 4}, coupling.channelsAlong(new Axis("c", 2)));
  }

  @Test
  void lettersOfAnEinsum() {
    weight("up", 4, 3, 6);
    weight("down", 4, 6, 3);
    node("Einsum", Map.of("equation", Attribute.of("b...d,edf->b...ef")), "h", "x", "up");
    node("Relu", Map.of(), "a", "h");
    node("Einsum", Map.of("equation", Attribute.of("blef,efd->bld")), "y", "a", "down");
    Coupling coupling = coupling(Shape.of(2, 7, 3));
    assertEquals(2, coupling.groups().size()); // experts, and what is inside of them
    Group experts = coupling.groups().getFirst();
    Group inner = coupling.groups().getLast();
    assertEquals(4, experts.size());
    assertEquals(Role.CONSUMER, member(experts, "down", 0).role());
    assertEquals(6, inner.size());
    assertEquals(Role.PRODUCER, member(inner, "up", 2).role());
    assertEquals(Role.CONSUMER, member(inner, "down", 1).role());
  }

  @Test
  void channelsMayBeReduced() {
    weight("w", 3, 6);
    node("MatMul", Map.of(), "h", "x", "w");
    integers("axes", -1);
    node("ReduceMean", Map.of(), "mean", "h", "axes");
    node("Sub", Map.of(), "centred", "h", "mean");
    last("centred", 6);
    assertEquals(6, coupling(Shape.of(2, 7, 3)).groups().getFirst().size());
  }

  @Test
  void channelsBesideAFourierTransformMayGo() {
    weight("w", 3, 6);
    node("MatMul", Map.of(), "h", "x", "w");
    integers("pair", 3);
    node("Unsqueeze", Map.of(), "number", "h", "pair");
    weights.put("along", Tensor.scalar(1L));
    node("DFT", Map.of("onesided", Attribute.of(1)), "parts", "number", "", "along");
    node("ReduceL2", Map.of("keepdims", Attribute.of(0)), "size", "parts", "pair");
    last("size", 6);
    Coupling coupling = coupling(Shape.of(2, 7, 3));
    assertEquals(6, coupling.groups().getFirst().size());
    assertEquals(0, coupling.channelsAlong(new Axis("parts", 1)).length);
  }

  @Test
  void positionsMustStay() {
    weight("w", 3, 6);
    node("MatMul", Map.of(), "h", "x", "w");
    node("ArgMax", Map.of("axis", Attribute.of(2)), "y", "h");
    assertEquals(List.of(), coupling(Shape.of(2, 7, 3)).groups());
  }

  @Test
  void wholeGroupsOfANormalization() {
    weight("w", 3, 12);
    weight("scale", 12);
    weight("bias", 12);
    node("MatMul", Map.of(), "h", "x", "w");
    node("Transpose", Map.of("perm", Attribute.of(0L, 2L, 1L)), "t", "h");
    node("GroupNormalization", Map.of("num_groups", Attribute.of(4)), "n", "t", "scale", "bias");
    node("Transpose", Map.of("perm", Attribute.of(0L, 2L, 1L)), "u", "n");
    last("u", 12);
    Group groups = coupling(Shape.of(2, 7, 3)).groups().getFirst();
    assertEquals(4, groups.size());
    assertArrayEquals(new int[] {3, 4, 5}, member(groups, "scale", 0).positions(1));
  }

  @Test
  void pickedPositionsStayAndOthersPass() {
    weight("w", 3, 6);
    node("MatMul", Map.of(), "h", "x", "w");
    weights.put("where", Tensor.of(new long[] {1, 0}, 1, 2));
    node("GatherND", Map.of(), "picked", "h", "where");
    last("picked", 6);
    Coupling coupling = coupling(Shape.of(2, 7, 3));
    assertEquals(6, coupling.groups().getFirst().size());
    assertEquals(0, coupling.channelsAlong(new Axis("h", 1)).length);
  }

  @Test
  void channelsPickedAsIfStrided() {
    weight("w", 4, 2, 3, 3);
    node("Conv", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)), "h", "x", "w");
    integers("flat", -1);
    node("Reshape", Map.of(), "entries", "h", "flat");
    long[] strided = new long[3 * 5 * 4]; // channels last
    for (int k = 0; k < strided.length; k++) {
      strided[k] = k % 4 * 15L + k / 4;
    }
    weights.put("where", Tensor.of(strided, 1, 3, 5, 4));
    node("Gather", Map.of(), "picked", "entries", "where");
    last("picked", 4);
    Group group = coupling(Shape.of(1, 2, 3, 5)).groups().getFirst();
    assertEquals(4, group.size());
    assertArrayEquals(new int[] {2}, member(group, "w", 0).positions(2));
    assertArrayEquals(new int[] {2}, member(group, "last", 0).positions(2));
  }

  @Test
  void whatIsScatteredStays() {
    weight("updates", 2, 6);
    weights.put("where", Tensor.of(new long[] {1, 0}, 2, 1));
    weight("base", 3, 6);
    node("ScatterND", Map.of(), "written", "base", "where", "updates");
    node("MatMul", Map.of(), "h", "x", "written");
    last("h", 6);
    Coupling coupling = coupling(Shape.of(2, 7, 3));
    assertEquals(1, coupling.groups().size());
    assertEquals(6, coupling.groups().getFirst().size());
    assertEquals(0, coupling.channelsAlong(new Axis("updates", 0)).length);
  }

  @Test
  void scalesOfChannels() {
    weights.put("q", Tensor.allocate(DataType.INT8, 3, 6));
    weight("scale", 6);
    weights.put("zero", Tensor.allocate(DataType.INT8, 6));
    node("DequantizeLinear", Map.of("axis", Attribute.of(1)), "w", "q", "scale", "zero");
    node("MatMul", Map.of(), "h", "x", "w");
    last("h", 6);
    Coupling coupling = coupling(Shape.of(2, 7, 3));
    Group group = coupling.groups().getFirst();
    assertEquals(6, group.size());
    assertArrayEquals(new int[] {4}, member(group, "q", 1).positions(4));
    assertArrayEquals(
        coupling.channelsAlong(new Axis("q", 1)), coupling.channelsAlong(new Axis("scale", 0)));
  }

  private static Member member(Group group, String weight, int axis) {
    return group.members().stream()
        .filter(member -> member.weight().equals(new Axis(weight, axis)))
        .findFirst()
        .orElseThrow();
  }

  private void weight(String name, long... dims) {
    weights.put(name, Tensor.allocate(DataType.FLOAT, dims));
  }

  private void integers(String name, long... values) {
    weights.put(name, Tensor.of(values));
  }

  private void node(String op, Map<String, Attribute> attributes, String output, String... inputs) {
    nodes.add(Node.of(op, List.of(inputs), List.of(output), attributes));
  }

  /** A product that reads the channels along the last axis. */
  private void last(String value, long size) {
    weight("last", size, 2);
    node("MatMul", Map.of(), "end", value, "last");
  }

  private Coupling coupling(Shape input) {
    String output = nodes.getLast().outputs().getFirst();
    DataType type = nodes.getLast().op().startsWith("Arg") ? DataType.INT64 : DataType.FLOAT;
    var graph =
        new Graph(
            "net",
            nodes,
            weights,
            List.of(ValueInfo.of("x", DataType.FLOAT, input)),
            List.of(new ValueInfo(output, Type.tensor(type))));
    return Coupling.of(
        new Model(10, "", "", "", 0, Map.of("", 21L), graph, List.of(), Details.NONE));
  }
}
