package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.plan.Choice;
import org.espalier.engine.plan.Profile;
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
import org.espalier.graph.pass.Rebatch;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Test;

/** Batches that run a few examples at a time, and those that mustn't. */
class ChunksTest {
  private static final List<Integer> BATCHES = List.of(1, 2, 3, 5, 16);

  private final SeededRandom random = SeededRandom.fresh();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  private ChunksTest node(String op, String inputs, String output, Object... attributes) {
    var named = new LinkedHashMap<String, Attribute>();
    for (int k = 0; k < attributes.length; k += 2) {
      named.put((String) attributes[k], (Attribute) attributes[k + 1]);
    }
    nodes.add(Node.of(op, List.of(inputs.split(" ")), List.of(output.split(" ")), named));
    return this;
  }

  private ChunksTest weight(String name, long... dims) {
    weights.put(name, random.gaussian(dims));
    return this;
  }

  private ChunksTest integers(String name, long... values) {
    weights.put(name, Tensor.of(values, values.length));
    return this;
  }

  /** A model whose input x is [N, 3, 4, 5], with these outputs. */
  private Model model(String... outputs) {
    var x =
        ValueInfo.of(
            "x",
            DataType.FLOAT,
            new Shape(List.of(Dim.symbol("N"), Dim.of(3), Dim.of(4), Dim.of(5))));
    var made = new ArrayList<ValueInfo>();
    for (String output : outputs) {
      made.add(new ValueInfo(output, new Type.TensorType(DataType.FLOAT, Optional.empty())));
    }
    return Model.of(new Graph("chunks", nodes, weights, List.of(x), made), 8, 18);
  }

  private static boolean isChunked(Session session) {
    return session.plan().stream().anyMatch(choice -> choice.kernel().endsWith("at a time"));
  }

  private static Session session(Model model, int threads, long bytes) {
    return Engine.compile(model, new Options(threads), Kernels.best(), bytes);
  }

  private void check(boolean apart, String... outputs) {
    Model model = model(outputs);
    try (OnnxRuntime reference = OnnxRuntime.of(model)) {
      for (int threads = 1; threads <= 3; threads++) {
        try (Session single = session(model, threads, 1);
            Session few = session(model, threads, 1000)) {
          for (int batch : BATCHES) {
            Map<String, Tensor> inputs = Map.of("x", random.gaussian(batch, 3, 4, 5));
            Map<String, Tensor> expected = reference.run(inputs);
            for (Session session : List.of(single, few)) {
              Map<String, Tensor> actual = session.run(inputs);
              expected.forEach(
                  (name, tensor) -> {
                    Agreement agreement = Agreement.of(tensor, actual.get(name), 1e-4);
                    assertThat(agreement.holds()).as(name + ": " + agreement.reason()).isTrue();
                  });
            }
            assertThat(isChunked(single)).as("batch %d", batch).isEqualTo(apart && batch > 1);
          }
        }
      }
    }
  }

  @Test
  void examplesOfANetworkAreApart() {
    weight("w", 6, 3, 3, 3).weight("b", 6).weight("c", 6, 1, 1).weight("m", 120, 7);
    integers("flat", 0, -1).integers("start", 1).integers("end", 7).integers("axis", 1);
    node("Conv", "x w b", "y", "pads", Attribute.of(1, 1, 1, 1));
    node("Mul", "y c", "scaled").node("Relu", "scaled", "active");
    node("Concat", "active x", "joined", "axis", Attribute.of(1));
    node("Slice", "joined start end axis", "cut");
    node("GlobalAveragePool", "cut", "pooled").node("Flatten", "pooled", "features");
    node("Reshape", "active flat", "rows").node("MatMul", "rows m", "product");
    node("Softmax", "product", "odds");
    check(true, "odds", "features");
  }

  @Test
  void attentionIsApart() {
    integers("tokens", 0, 12, 5);
    node("Reshape", "x tokens", "t");
    node("Transpose", "t", "turned", "perm", Attribute.of(0, 2, 1));
    node("MatMul", "t turned", "scores").node("Softmax", "scores", "odds");
    node("MatMul", "odds t", "y");
    check(true, "y");
  }

  @Test
  void targetsMadeOfShapesAreApart() {
    integers("rest", 60);
    node("Shape", "x", "n", "end", Attribute.of(1));
    node("Concat", "n rest", "target", "axis", Attribute.of(0));
    node("Reshape", "x target", "y");
    check(true, "y");
  }

  @Test
  void aReshapeMixesThem() {
    integers("target", -1, 3).integers("back", -1, 3, 4, 5);
    node("Reshape", "x target", "r").node("Softmax", "r", "s").node("Reshape", "s back", "y");
    check(false, "y");
  }

  @Test
  void aReductionMixesThem() {
    integers("first", 0);
    node("ReduceMean", "x first", "mean").node("Sub", "x mean", "y");
    check(false, "y");
  }

  @Test
  void aTransposeMixesThem() {
    node("Transpose", "x", "t", "perm", Attribute.of(1, 0, 2, 3));
    node("Softmax", "t", "s", "axis", Attribute.of(1));
    node("Transpose", "s", "y", "perm", Attribute.of(1, 0, 2, 3));
    check(false, "y");
  }

  @Test
  void oneExampleForAllMixesThem() {
    integers("zero", 0);
    node("Gather", "x zero", "leader").node("Add", "x leader", "y");
    check(false, "y");
  }

  @Test
  void theSizeOfTheBatchMixesThem() {
    node("Shape", "x", "n", "end", Attribute.of(1));
    node("Cast", "n", "f", "to", Attribute.of(DataType.FLOAT.code())).node("Div", "x f", "y");
    check(false, "y");
  }

  @Test
  void aBatchThatTheFileFixesIsCut() {
    Model model = Rebatch.of(Sparsified.of(Zoo.build("lenet-5", 1), 0.9, random), 5);
    Map<String, Tensor> inputs = Sparsified.inputs(model, 5, random);
    try (Session whole = Engine.compile(model, new Options(1));
        Session parts = session(model, 2, 1)) {
      Map<String, Tensor> expected = whole.run(inputs);
      Map<String, Tensor> actual = parts.run(inputs);
      expected.forEach(
          (name, tensor) ->
              assertThat(Agreement.of(tensor, actual.get(name), 1e-4).holds()).isTrue());
      assertThat(isChunked(whole)).isFalse();
      assertThat(isChunked(parts)).isTrue();
    }
  }

  @Test
  void resultsAreLeftWhereTheCallerWants() {
    node("Relu", "x", "y");
    Model model = model("y");
    Tensor x = random.gaussian(5, 3, 4, 5);
    try (Session session = session(model, 2, 1)) {
      Tensor target = Tensor.allocate(DataType.FLOAT, 5, 3, 4, 5);
      assertThat(session.run(Map.of("x", x), Map.of("y", target)).get("y")).isSameAs(target);
      assertThat(target).isEqualTo(session.run(x));
      assertThatThrownBy(() -> session.run(Map.of("x", x), Map.of("y", x)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("shares memory");
    }
  }

  @Test
  void layersTakeTheTimeOfTheWholeBatch() {
    Model model = Zoo.build("lenet-5", 1);
    Map<String, Tensor> inputs = Sparsified.inputs(model, 5, random);
    for (int threads = 1; threads <= 2; threads++) {
      try (Session session = session(model, threads, 200_000)) {
        session.run(inputs);
        assertThat(isChunked(session)).isTrue();
        Profile profile = session.profile(inputs);
        assertThat(profile.layers().stream().map(Profile.Timed::choice))
            .containsAll(session.plan())
            .doesNotHaveDuplicates();
        double sum = profile.layers().stream().mapToDouble(Profile.Timed::micros).sum();
        assertThat(sum).isPositive().isLessThanOrEqualTo(profile.micros() * 1.001);
      }
    }
  }

  @Test
  void largeWeightsAreReadOnceForTheWholeBatch() {
    weight("w", 60, 20_011);
    node("Flatten", "x", "flat").node("Gemm", "flat w", "y");
    check(false, "y");
  }

  @Test
  void lastLayersThatAreSmallRunOnceForTheWholeBatch() {
    weight("w", 6, 3, 1, 1).weight("m", 6, 11).weight("n", 11, 2);
    integers("rest", -1);
    node("Conv", "x w", "y").node("Relu", "y", "active");
    node("GlobalAveragePool", "active", "pooled");
    // The target is made before the cut and used after it.
    node("Shape", "x", "batch", "end", Attribute.of(1));
    node("Concat", "batch rest", "target", "axis", Attribute.of(0));
    node("Flatten", "pooled", "flat").node("MatMul", "flat m", "hidden");
    node("Reshape", "hidden target", "again").node("Relu", "again", "bent");
    node("MatMul", "bent n", "odds");
    check(true, "odds");
    try (Session session = session(model("odds"), 2, 1500)) {
      Map<String, Tensor> inputs = Map.of("x", random.gaussian(16, 3, 4, 5));
      Tensor odds = Tensor.allocate(DataType.FLOAT, 16, 2);
      assertThat(session.run(inputs, Map.of("odds", odds)).get("odds")).isSameAs(odds);
      assertThat(session.run(inputs).get("odds")).isEqualTo(odds);
      assertThatThrownBy(() -> session.run(inputs, Map.of("odds", random.gaussian(8, 2))))
          .isInstanceOf(InvalidInputException.class);
      List<Choice> plan = session.plan();
      List<String> operators = plan.stream().map(Choice::op).toList();
      assertThat(operators.indexOf("Conv")).isLessThan(operators.indexOf(""));
      assertThat(operators.indexOf("MatMul")).isGreaterThan(operators.indexOf(""));
      assertThat(plan.get(operators.indexOf("")).kernel()).endsWith("at a time");
      assertThat(session.profile(inputs).layers().stream().map(Profile.Timed::choice))
          .containsAll(plan)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void whatIsAskedForOrReadTwiceAcrossTheCutIsLeftWhole() {
    weight("w", 6, 3, 1, 1).weight("m", 6, 6);
    node("Conv", "x w", "y").node("GlobalAveragePool", "y", "pooled");
    node("Flatten", "pooled", "flat").node("MatMul", "flat m", "hidden");
    node("Add", "hidden flat", "sum");
    check(true, "sum");
    check(true, "sum", "flat");
  }

  @Test
  void smallNetworksRunInOnePiece() {
    Model model = Zoo.build("lenet-5", 1);
    try (Session session = Engine.compile(model, new Options(1))) {
      session.run(Sparsified.inputs(model, 16, random));
      assertThat(isChunked(session)).isFalse();
    }
  }
}
