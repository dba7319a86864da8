package org.espalier.graph.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.espalier.graph.infer.Draft.shape;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.CpuTime;
import org.junit.jupiter.api.Test;

class ShapesTest {
  @Test
  void flattensThroughShapeArithmetic() {
    Shapes shapes =
        new Draft()
            .input("x", "N", 12, "seq", 64)
            .constant("zero", 0)
            .constant("two", 2)
            .constant("rest", -1, 768)
            .node("t = Transpose(x)", "perm", new long[] {0, 2, 1, 3})
            .node("s = Shape(t)")
            .node("n = Gather(s, zero)")
            .node("half = Div(n, two)")
            .node("target = Concat(n, rest)", "axis", 0)
            .node("y = Reshape(t, target)")
            .node("z = ConstantOfShape(half)")
            .infer();
    assertThat(shapes.shape("y")).contains(shape("N", "seq", 768));
    assertThat(shapes.shape("z")).contains(shape("floor(N/2)"));
    assertThat(shapes.elements("target").orElseThrow())
        .containsExactly(Dim.symbol("N"), Dim.unknown(), Dim.of(768));
    assertThat(shapes.gaps()).isEmpty();
  }

  @Test
  void windowsMergeInOneSize() {
    Shapes shapes =
        new Draft()
            .input("x", 1, "C", "N", "W")
            .constant("starts", 3)
            .constant("far", Long.MAX_VALUE)
            .constant("zeros", 0)
            .constant("axis", 2)
            .node("tail = Slice(x, starts, far, axis)")
            .node("head = Slice(x, zeros, starts, axis)")
            .node("y = Concat(tail, head)", "axis", 2)
            .node("z = Add(x, y)")
            .infer();
    assertThat(shapes.shape("z")).contains(shape(1, "C", "N", "W"));
  }

  @Test
  void flippingEndsAtTheLeastInteger() {
    Shapes shapes =
        new Draft()
            .input("x", 2, "W", 5)
            .constant("start", -1)
            .constant("end", Long.MIN_VALUE)
            .constant("open", 1)
            .constant("last", 2)
            .constant("back", -1)
            .node("y = Slice(x, start, end, last, back)")
            .node("z = Slice(y, start, end, open, back)")
            .infer();
    assertThat(shapes.shape("z")).contains(shape(2, "W", 5));
  }

  @Test
  void residualBlockOfSymbolicImage() {
    Shapes shapes =
        new Draft()
            .input("x", "N", 3, "H", "W")
            .weight("w3", 8, 3, 3, 3)
            .weight("w1", 8, 3, 1, 1)
            .node("a = Conv(x, w3)", "strides", new long[] {2, 2}, "pads", new long[] {1, 1, 1, 1})
            .node("b = Conv(x, w1)", "strides", new long[] {2, 2})
            .node("y = Add(a, b)")
            .node("p = GlobalAveragePool(y)")
            .node("f = Flatten(p)")
            .infer();
    assertThat(shapes.shape("y")).contains(shape("N", 8, "floor((H + 1)/2)", "floor((W + 1)/2)"));
    assertThat(shapes.shape("f")).contains(shape("N", 8));
  }

  @Test
  void expandWithMinusOneFromExporter() {
    Shapes shapes =
        new Draft()
            .input("x", 1, 1, "N")
            .input("like", "B", "N")
            .constant("wanted", 5, -1, -1)
            .constant("three", 3)
            .constant("minus", -1)
            .node("ones = ConstantOfShape(three)", "value", Tensor.of(new long[] {1}))
            .node("open = Mul(ones, minus)")
            .node("is = Equal(wanted, open)")
            .node("target = Where(is, ones, wanted)")
            .node("y = Expand(x, target)")
            .infer();
    assertThat(shapes.shape("y")).contains(shape(5, 1, "N"));
    assertThat(shapes.constant("target")).contains(Tensor.of(new long[] {5, 1, 1}, 3));
  }

  @Test
  void unknownOperatorIsAGapAndNoGuess() {
    Shapes shapes = new Draft().input("x", 2, 3).node("y = Wavelet(x)").node("z = Relu(y)").infer();
    assertThat(shapes.shape("y")).isEmpty();
    assertThat(shapes.gaps())
        .extracting(Gap::toString)
        .containsExactly(
            "node 'y' (Wavelet): no rule for operator Wavelet",
            "node 'z' (Relu): the rank of input 'y' isn't known");
  }

  @Test
  void declaredShapeFillsAGap() {
    Graph graph = new Draft().input("x", 2, 3).node("y = Wavelet(x)").node("z = Relu(y)").graph();
    Model model =
        Model.of(
            new Graph("g", graph.nodes(), Map.of(), graph.inputs(), List.of())
                .withValues(List.of(ValueInfo.of("y", DataType.FLOAT, shape(2, "k")))),
            8,
            17);
    Shapes shapes = Shapes.infer(model);
    assertThat(shapes.shape("z")).contains(shape(2, "k"));
    assertThat(shapes.gaps()).extracting(gap -> gap.node().label()).containsExactly("y");
  }

  @Test
  void inferredShapeWinsOverADeclaredOne() {
    Graph graph = new Draft().input("x", 2, 3).node("y = Relu(x)").graph();
    Model model =
        Model.of(
            new Graph(
                "g",
                graph.nodes(),
                Map.of(),
                graph.inputs(),
                List.of(ValueInfo.of("y", DataType.FLOAT, shape(2, 4)))),
            8,
            17);
    assertThat(Shapes.infer(model).shape("y")).contains(shape(2, 3));
    // For another input, what the file says of its own doesn't hold.
    assertThat(Shapes.infer(model, Map.of("x", shape(5, 3))).shape("y")).contains(shape(5, 3));
  }

  @Test
  void mismatchesAreToldInTheUsersWords() {
    fails(
        "node 'y': weight 'w' takes 64 input channels, input 'x' has 32",
        new Draft().input("x", 1, 32, 8, 8).weight("w", 16, 64, 3, 3).node("y = Conv(x, w)"));
    fails(
        "node 'y': input 'x' has rows of 3, input 'w' has columns of 4 (shapes [2, 3] and [4, 5])",
        new Draft().input("x", 2, 3).weight("w", 4, 5).node("y = MatMul(x, w)"));
    fails(
        "node 'y': input 'w' has shape [4], which doesn't broadcast with [2, 3] of 'x'",
        new Draft().input("x", 2, 3).weight("w", 4).node("y = Add(x, w)"));
    fails(
        "node 'y': input 'x' of shape [2, 3] can't be reshaped to [4, -1]",
        new Draft().input("x", 2, 3).constant("s", 4, -1).node("y = Reshape(x, s)"));
    fails(
        "node 'y': weight 'w' takes 4 inputs, input 'x' has 3",
        new Draft().input("x", 2, 3).weight("w", 4, 5).node("y = Gemm(x, w)"));
    fails(
        "node 'y': input 'w' has shape [2, 4], which doesn't join [2, 3] on axis 0",
        new Draft().input("x", 2, 3).weight("w", 2, 4).node("y = Concat(x, w)", "axis", 0));
    fails(
        "node 'y': axis 2, but there are 2 dimensions",
        new Draft().input("x", 2, 3).node("y = Softmax(x)", "axis", 2));
    fails(
        "node 'y': the kernel doesn't fit into input 'x' of shape [1, 3, 2, 2] on axis 2",
        new Draft().input("x", 1, 3, 2, 2).weight("w", 4, 3, 3, 3).node("y = Conv(x, w)"));
    fails(
        "node 'y': nothing before it makes its input 'w'",
        new Draft().input("x", 1).node("y = Add(x, w)"));
    fails(
        "node 'y': has no input 1, which MatMul needs",
        new Draft().input("x", 1).node("y = MatMul(x)"));
    fails(
        "node 'y': attribute 'mode' is 'banana', expected one of [constant, edge, reflect, wrap]",
        new Draft().input("x", 2).constant("p", 1, 1).node("y = Pad(x, p)", "mode", "banana"));
    fails(
        "node 'y': sizes beyond 64 bits, or a division by zero, in its shape",
        new Draft().input("x", 1).constant("s", 1L << 40, 1L << 40).node("y = ConstantOfShape(s)"));
  }

  private static void fails(String message, Draft draft) {
    assertThatThrownBy(draft::infer).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }

  @Test
  void constantsAreComputed() {
    Shapes shapes =
        new Draft()
            .input("x", 1, 3, 10, 14)
            .constant("two", 2, 3)
            .node("s = Shape(x)")
            .node("hw = Gather(s, two)")
            .node("real = Cast(hw)", "to", 1)
            .node("factor = Constant()", "value", Tensor.of(new float[] {0.75f}))
            .node("scaled = Mul(real, factor)")
            .node("down = Floor(scaled)")
            .node("sizes = Cast(down)", "to", 7)
            .node("front = Constant()", "value", Tensor.of(new long[] {1, 3}))
            .node("all = Concat(front, sizes)", "axis", 0)
            .node("y = Resize(x, , , all)")
            .infer();
    assertThat(shapes.shape("y")).contains(shape(1, 3, 7, 10));
    assertThat(shapes.constant("scaled")).contains(Tensor.of(new float[] {7.5f, 10.5f}, 2));
  }

  @Test
  void thousandsOfNodesTakeNoTime() {
    var draft = new Draft().input("x", "N", 16, "H", "W").weight("w", 16, 16, 3, 3);
    String last = "x";
    for (int k = 0; k < 1250; k++) {
      draft.node("a" + k + " = Conv(" + last + ", w)", "pads", new long[] {1, 1, 1, 1});
      draft.node("b" + k + " = Relu(a" + k + ")");
      draft.node("s" + k + " = Shape(b" + k + ")");
      draft.node("c" + k + " = Reshape(b" + k + ", s" + k + ")");
      last = "c" + k;
    }
    Duration before = CpuTime.used();
    Shapes shapes = draft.infer();
    Duration taken = CpuTime.used().minus(before);
    System.out.println("5,000 nodes in " + taken.toMillis() + " ms");
    assertThat(shapes.shape(last)).contains(shape("N", 16, "H", "W"));
    assertThat(taken).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void unknownInputNameIsAnError() {
    Model model = new Draft().input("x", 2).node("y = Relu(x)").model(17);
    assertThatThrownBy(() -> Shapes.infer(model, new HashMap<>(Map.of("z", shape(2)))))
        .hasMessage("no input named 'z'; there are [x]");
    assertThatThrownBy(() -> Shapes.infer(model, Map.of("x", shape(2, 2))))
        .hasMessage("input 'x' has shape [2, 2], the model declares [2]");
  }
}
