package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.pass.Canonical;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Canonical form knows no sequences: without them, models give what ONNX Runtime gives with. */
class SequencesTest {
  private final SeededRandom random = SeededRandom.fresh();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final List<ValueInfo> outputs = new ArrayList<>();
  private final Map<String, Tensor> fed = new LinkedHashMap<>();

  @BeforeAll
  static void needsOnnxRuntime() {
    OnnxRuntime.unavailable().ifPresent(reason -> Assumptions.abort(reason));
  }

  private String node(String op, Map<String, Attribute> attributes, String... inputs) {
    String output = op + nodes.size();
    nodes.add(Node.of(op, List.of(inputs), List.of(output), attributes));
    return output;
  }

  private String constant(Tensor tensor) {
    String name = "constant" + initializers.size();
    initializers.put(name, tensor);
    return name;
  }

  private String input(Tensor tensor, Shape shape) {
    String name = "input" + inputs.size();
    inputs.add(ValueInfo.of(name, tensor.type(), shape));
    fed.put(name, tensor);
    return name;
  }

  private void output(String value, DataType type) {
    outputs.add(new ValueInfo(value, Type.tensor(type)));
  }

  private Model model() {
    return Model.of(new Graph("sequences", nodes, initializers, inputs, outputs), 9, 18);
  }

  /** A place in a sequence that has {@code places} of them, {@code count} elements long. */
  private String position(int places, int count) {
    return constant(Tensor.scalar((long) random.nextInt(-count, places)));
  }

  private static boolean hasSequences(Model model) {
    return model.graph().nodes().stream().anyMatch(node -> node.op().contains("Sequence"));
  }

  private void assertAgree(Model written, Model canonical) {
    Model readable = Model.of(canonical.graph(), 10, 22);
    try (var expected = OnnxRuntime.of(written);
        var actual = OnnxRuntime.of(readable)) {
      assertThat(actual.run(fed)).isEqualTo(expected.run(fed));
    }
  }

  @RepeatedTest(40)
  void listsAreUnrolled() {
    int rows = 1 + random.nextInt(7);
    boolean split = random.nextBoolean();
    int count = split ? rows : random.nextInt(5);
    String sequence = split ? rows(rows) : list(count);
    for (int k = random.nextInt(5); k > 0; k--) {
      if (count > 0 && random.nextBoolean()) {
        sequence =
            random.nextInt(3) == 0
                ? node("SequenceErase", Map.of(), sequence)
                : node("SequenceErase", Map.of(), sequence, position(count, count));
        count--;
      } else {
        String value = input(random.gaussian(1, 3), Shape.of(1, 3));
        sequence =
            random.nextInt(3) == 0
                ? node("SequenceInsert", Map.of(), sequence, value)
                : node("SequenceInsert", Map.of(), sequence, value, position(count + 1, count));
        count++;
      }
    }
    output(node("SequenceLength", Map.of(), sequence), DataType.INT64);
    if (count > 0) {
      output(node("SequenceAt", Map.of(), sequence, position(count, count)), DataType.FLOAT);
      Attribute axis = Attribute.of(random.nextInt(-2, 2));
      output(node("ConcatFromSequence", Map.of("axis", axis), sequence), DataType.FLOAT);
      var stack = Map.of("axis", Attribute.of(random.nextInt(-3, 3)), "new_axis", Attribute.of(1));
      output(node("ConcatFromSequence", stack, sequence), DataType.FLOAT);
    }
    Model canonical = Canonical.of(model());
    assertThat(hasSequences(canonical)).isFalse();
    assertAgree(model(), canonical);
  }

  private String rows(int rows) {
    return node("SplitToSequence", Map.of(), input(random.gaussian(rows, 3), Shape.of(rows, 3)));
  }

  private String list(int count) {
    if (count == 0) {
      return node("SequenceEmpty", Map.of());
    }
    String[] values = new String[count];
    for (int k = 0; k < count; k++) {
      values[k] = input(random.gaussian(1, 3), Shape.of(1, 3));
    }
    return node("SequenceConstruct", Map.of(), values);
  }

  /** Whole, in equal parts, in parts of given sizes; with and without the axis. */
  @RepeatedTest(40)
  void partsAreSplit() {
    int size = 2 + random.nextInt(11);
    int axis = random.nextInt(-2, 2);
    long[] dims = {3, 3};
    dims[axis < 0 ? axis + 2 : axis] = size;
    String x = input(random.gaussian(dims), Shape.of(dims));
    int first = 1 + random.nextInt(size - 1);
    int way = random.nextInt(3);
    // With a split, the standard ignores keepdims and ONNX Runtime does not.
    int keeps = way == 0 ? random.nextInt(2) : 1;
    var attributes = Map.of("axis", Attribute.of(axis), "keepdims", Attribute.of(keeps));
    String sequence;
    int count;
    switch (way) {
      case 0 -> {
        sequence = node("SplitToSequence", attributes, x);
        count = size;
      }
      case 1 -> {
        String part = constant(Tensor.scalar((long) first));
        sequence = node("SplitToSequence", attributes, x, part);
        count = Math.ceilDiv(size, first);
      }
      default -> {
        String sizes = constant(Tensor.of(new long[] {first, size - first}));
        sequence = node("SplitToSequence", attributes, x, sizes);
        count = 2;
      }
    }
    output(node("SequenceLength", Map.of(), sequence), DataType.INT64);
    output(node("SequenceAt", Map.of(), sequence, position(count, count)), DataType.FLOAT);
    Model canonical = Canonical.of(model());
    assertThat(hasSequences(canonical)).isFalse();
    assertAgree(model(), canonical);
  }

  /** Slices of an axis of any size, the position an input: what unbinding comes to. */
  @RepeatedTest(20)
  void slicesOfAnAxisOfAnySize() {
    int size = 1 + random.nextInt(11);
    boolean firstAxis = random.nextBoolean();
    Tensor x = firstAxis ? random.gaussian(size, 3) : random.gaussian(3, size);
    Shape shape =
        firstAxis ? Shape.of(Dim.symbol("N"), Dim.of(3)) : Shape.of(Dim.of(3), Dim.symbol("N"));
    var attributes =
        Map.of(
            "axis", Attribute.of(firstAxis ? 0 : random.nextBoolean() ? 1 : -1),
            "keepdims", Attribute.of(random.nextInt(2)));
    String sequence = node("SplitToSequence", attributes, input(x, shape));
    String position = input(Tensor.scalar((long) random.nextInt(-size, size)), Shape.SCALAR);
    output(node("SequenceLength", Map.of(), sequence), DataType.INT64);
    output(node("SequenceAt", Map.of(), sequence, position), DataType.FLOAT);
    Model canonical = Canonical.of(model());
    assertThat(hasSequences(canonical)).isFalse();
    assertAgree(model(), canonical);
  }

  /** An element taken by one node is put into the list of the next. */
  @Test
  void sequencesOfPartsOfSequences() {
    String rows = rows(5);
    String row = node("SequenceAt", Map.of(), rows, constant(Tensor.scalar(-2)));
    var across = Map.of("axis", Attribute.of(1), "keepdims", Attribute.of(0));
    String cells = node("SplitToSequence", across, row);
    String stacked =
        node(
            "ConcatFromSequence",
            Map.of("axis", Attribute.of(0), "new_axis", Attribute.of(1)),
            cells);
    output(stacked, DataType.FLOAT);
    Model canonical = Canonical.of(model());
    assertThat(hasSequences(canonical)).isFalse();
    assertAgree(model(), canonical);
  }

  @Test
  void whatOnlyTheRunTellsStays() {
    String list = list(3);
    String position = input(Tensor.scalar(1L), Shape.SCALAR);
    output(node("SequenceAt", Map.of(), list, position), DataType.FLOAT);
    Model canonical = Canonical.of(model());
    assertThat(canonical.graph().nodes())
        .extracting(Node::op)
        .containsExactly("SequenceConstruct", "SequenceAt");
    assertAgree(model(), canonical);
  }

  /** Another default would give another graph, so the caller can't give one any longer. */
  @Test
  void aDefaultThatDecidedIsNoInput() {
    String list = list(3);
    String position = constant(Tensor.scalar(1L));
    inputs.add(ValueInfo.of(position, DataType.INT64, Shape.SCALAR));
    output(node("SequenceAt", Map.of(), list, position), DataType.FLOAT);
    assertThat(Canonical.of(model()).graph().inputs())
        .extracting(ValueInfo::name)
        .containsExactlyElementsOf(fed.keySet());
  }

  @Test
  void aPositionOutsideIsOneError() {
    String list = list(3);
    output(node("SequenceAt", Map.of(), list, constant(Tensor.scalar(3L))), DataType.FLOAT);
    assertThatThrownBy(() -> Canonical.of(model()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("(SequenceAt): position [3] in a sequence of 3");
  }
}
