package org.espalier.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.eval.Evaluator;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

class RebatchTest {
  private final SeededRandom random = SeededRandom.fresh();

  private static Model model(
      Map<String, Tensor> initializers, List<Long> in, List<Long> out, Node... nodes) {
    var graph =
        new Graph(
            "fixed",
            List.of(nodes),
            initializers,
            List.of(ValueInfo.of("x", DataType.FLOAT, shape(in))),
            List.of(ValueInfo.of("y", DataType.FLOAT, shape(out))));
    return Model.of(graph, 8, 17);
  }

  private static Shape shape(List<Long> sizes) {
    return Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
  }

  private static Tensor run(Model model, Tensor x) {
    var values = new LinkedHashMap<>(model.graph().initializers());
    values.put("x", x);
    for (Node node : model.graph().nodes()) {
      List<Tensor> results =
          Evaluator.evaluate(node, node.inputs().stream().map(values::get).toList());
      values.put(node.outputs().getFirst(), results.getFirst());
    }
    return values.get("y");
  }

  /** Each example of a batch of five must come out as it does alone. */
  private void assertSameForEachExample(Model model, int width, long... dims) {
    Model five = Rebatch.of(model, 5 * dims[0]);
    long size = Tensor.elements(dims);
    long[] wide = dims.clone();
    wide[0] = 5 * dims[0];
    Tensor x = random.gaussian(wide);
    Tensor y = run(five, x);
    assertThat(Shapes.infer(five).shape("y")).hasValue(y.shape());
    for (int k = 0; k < 5; k++) {
      Tensor one = Tensor.of(DataType.FLOAT, dims, x.data().asSlice(4L * k * size, 4 * size));
      Tensor alone = run(model, one);
      assertThat(y.data().asSlice(4L * k * width, 4L * width).mismatch(alone.data())).isNegative();
      assertThat(alone.size()).isEqualTo(width);
    }
  }

  /** The reshapes of attention, as an exporter writes them that has seen a batch of one. */
  @Test
  void headsSplitAndMerge() {
    Map<String, Tensor> targets =
        Map.of(
            "split", Tensor.of(new long[] {1, 3, 2, 4}),
            "flat", Tensor.of(new long[] {2, 3, 4}),
            "merged", Tensor.of(new long[] {-1, 3, 8}));
    Map<String, Attribute> turn = Map.of("perm", Attribute.of(0, 2, 1, 3));
    Model model =
        model(
            targets,
            List.of(1L, 3L, 8L),
            List.of(1L, 3L, 8L),
            Node.of("Reshape", List.of("x", "split"), List.of("a")),
            Node.of("Transpose", List.of("a"), List.of("b"), turn),
            Node.of("Reshape", List.of("b", "flat"), List.of("c")),
            Node.of("Softmax", List.of("c"), List.of("d")),
            Node.of("Reshape", List.of("d", "split2"), List.of("e")),
            Node.of("Transpose", List.of("e"), List.of("f"), turn),
            Node.of("Reshape", List.of("f", "merged"), List.of("y")));
    var all = new LinkedHashMap<>(model.graph().initializers());
    all.put("split2", Tensor.of(new long[] {1, 2, 3, 4}));
    assertSameForEachExample(model.withGraph(model.graph().withInitializers(all)), 24, 1, 3, 8);
  }

  @Test
  void aClassTokenComesBeforeEveryExample() {
    Model model =
        model(
            Map.of(
                "token", random.gaussian(1, 1, 4),
                "target", Tensor.of(new long[] {1, 1, 3, 4}),
                "rows", Tensor.of(new long[] {1, 3, 4})),
            List.of(1L, 2L, 4L),
            List.of(1L, 1L, 3L, 4L),
            Node.of("Concat", List.of("token", "x"), List.of("a"), Map.of("axis", Attribute.of(1))),
            Node.of("Expand", List.of("a", "rows"), List.of("b")),
            Node.of("Reshape", List.of("b", "target"), List.of("y")));
    assertSameForEachExample(model, 12, 1, 2, 4);
  }

  /** A target that copies its first axis, or infers it, needs no change. */
  @Test
  void openTargetsStay() {
    for (long[] target : new long[][] {{0, -1}, {-1, 12}}) {
      Model model =
          model(
              Map.of("t", Tensor.of(target)),
              List.of(2L, 3L, 4L),
              List.of(2L, 12L),
              Node.of("Reshape", List.of("x", "t"), List.of("y")));
      assertThat(Rebatch.of(model, 4).graph().nodes()).isEqualTo(model.graph().nodes());
      assertThat(Rebatch.of(model, 2)).isSameAs(model);
      assertSameForEachExample(model, 24, 2, 3, 4);
    }
  }

  @Test
  void aReshapeThatMixesTheBatchIsRefused() {
    Model model =
        model(
            Map.of("t", Tensor.of(new long[] {3, 8})),
            List.of(2L, 12L),
            List.of(3L, 8L),
            Node.of("Reshape", List.of("x", "t"), List.of("y")));
    assertThatThrownBy(() -> Rebatch.of(model, 4))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("fixes a batch of 2, and 4 doesn't fit")
        .hasMessageContaining("mixes");
  }

  @Test
  void inputsThatDisagreeAreRefused() {
    var graph =
        new Graph(
            "two",
            List.of(Node.of("Add", List.of("a", "b"), List.of("y"))),
            Map.of(),
            List.of(
                ValueInfo.of("a", DataType.FLOAT, Shape.of(1, 4)),
                ValueInfo.of("b", DataType.FLOAT, Shape.of(3, 4))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(3, 4))));
    assertThatThrownBy(() -> Rebatch.of(Model.of(graph, 8, 17), 4))
        .hasMessageContaining("'a' and 'b' are 1 and 3: which is the batch?");
  }
}
