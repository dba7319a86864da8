package org.espalier.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.ModelCheck;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.eval.Walker;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Each pass: what the model computes before and after, and what is left of it. */
class PassesTest {
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final List<String> inputs = new ArrayList<>(List.of("x"));

  private void node(String op, List<String> in, String out, Map<String, Attribute> attributes) {
    nodes.add(Node.of(op, in, List.of(out), attributes));
  }

  private void node(String op, List<String> in, String out) {
    node(op, in, out, Map.of());
  }

  private Model model(long irVersion, long opset, String... outputs) {
    var graph =
        new Graph(
            "test",
            nodes,
            weights,
            inputs.stream().map(PassesTest::info).toList(),
            List.of(outputs).stream().map(PassesTest::info).toList());
    return Model.of(graph, irVersion, opset);
  }

  private static ValueInfo info(String name) {
    return new ValueInfo(name, Type.tensor(DataType.FLOAT));
  }

  private static List<String> ops(Model model) {
    return model.graph().nodes().stream().map(Node::op).toList();
  }

  private static void assertSame(Model before, Model after, Tensor x, double tolerance) {
    List<Tensor> expected = Walker.run(before.graph(), Map.of("x", x));
    List<Tensor> found = Walker.run(after.graph(), Map.of("x", x));
    assertThat(found).hasSameSizeAs(expected);
    for (int k = 0; k < found.size(); k++) {
      assertThat(found.get(k).shape()).isEqualTo(expected.get(k).shape());
      for (long j = 0; j < found.get(k).size(); j++) {
        assertThat(found.get(k).realAt(j)).isCloseTo(expected.get(k).realAt(j), within(tolerance));
      }
    }
  }

  @Test
  void shapeArithmeticIsFoldedAndItsRemainsRemoved() {
    var random = SeededRandom.fresh();
    weights.put("w", random.gaussian(3, 5));
    weights.put("unused", random.gaussian(2));
    node("Shape", List.of("w"), "shape");
    node("Constant", List.of(), "one", Map.of("value", Attribute.of(Tensor.of(new long[] {1}))));
    node("Gather", List.of("shape", "one"), "columns");
    node("Constant", List.of(), "rows", Map.of("value", Attribute.of(Tensor.of(new long[] {-1}))));
    node("Concat", List.of("rows", "columns"), "target", Map.of("axis", Attribute.of(0L)));
    node("Reshape", List.of("x", "target"), "y");
    node("Neg", List.of("y"), "dead");
    Model model = model(8, 17, "y");
    Model folded = new FoldConstants().apply(model);
    Model clean = new RemoveDeadNodes().apply(folded);
    assertThat(ops(clean)).containsExactly("Reshape");
    assertThat(clean.graph().initializers().keySet()).containsExactly("target");
    assertSame(model, clean, random.gaussian(4, 5, 2), 0);
  }

  @Test
  void whatMayChangeOrGrowOrEndsTheGraphIsNotFolded() {
    weights.put("default", Tensor.of(new float[] {1, 2}));
    inputs.add("default");
    node("Neg", List.of("default"), "replaceable");
    weights.put("huge", Tensor.of(new long[] {1L << 40}));
    node("ConstantOfShape", List.of("huge"), "terabytes");
    weights.put("a", Tensor.of(new float[] {1, 2}));
    node("Neg", List.of("a"), "y");
    weights.put("bad", Tensor.of(new long[] {7}));
    node("Gather", List.of("a", "bad"), "outside");
    weights.put("m", SeededRandom.fresh().gaussian(2, 3));
    node("Softmax", List.of("m"), "flattening");
    Model model = model(8, 11, "y", "replaceable", "terabytes", "outside", "flattening");
    assertThat(new FoldConstants().apply(model)).isSameAs(model);
    Model clean = new RemoveDeadNodes().apply(model);
    assertThat(clean.graph().initializers()).isEqualTo(model.graph().initializers());
  }

  @Test
  void valuesUsedInSubgraphsAndNodesOfUnknownDomainsStay() {
    weights.put("w", Tensor.of(new float[] {1}));
    node("Neg", List.of("w"), "captured");
    var branch =
        new Graph(
            "branch",
            List.of(Node.of("Abs", List.of("captured"), List.of("inner"))),
            Map.of(),
            List.of(),
            List.of(info("inner")));
    node("If", List.of("x"), "y", Map.of("then_branch", Attribute.of(branch)));
    nodes.add(
        new Node(
            "log",
            "Print",
            "their.own",
            "",
            List.of("x"),
            List.of("printed"),
            Map.of(),
            Details.NONE));
    Model model = model(8, 17, "y");
    assertThat(new RemoveDeadNodes().apply(model)).isEqualTo(model);
    Model folded = new FoldConstants().apply(model);
    assertThat(ops(folded)).containsExactly("If", "Print");
    assertThat(folded.graph().initializers()).containsKey("captured");
    assertThat(ops(new RemoveDeadNodes().apply(folded))).containsExactly("If", "Print");
  }

  private void batchNormalization(SeededRandom random, String in, String out, int channels) {
    for (String name : List.of("scale", "shift", "mean", "variance")) {
      Tensor values = random.gaussian(channels);
      for (int k = 0; name.equals("variance") && k < channels; k++) {
        values.setFloat(k, 0.5f + random.nextFloat());
      }
      weights.put(out + "." + name, values);
    }
    node(
        "BatchNormalization",
        List.of(in, out + ".scale", out + ".shift", out + ".mean", out + ".variance"),
        out,
        Map.of("epsilon", Attribute.of(1e-3f)));
  }

  @RepeatedTest(10)
  void normalizationGoesIntoTheConvolutionsAround() {
    var random = SeededRandom.fresh();
    int groups = 1 + random.nextInt(3);
    int in = groups * (1 + random.nextInt(3));
    int out = groups * (1 + random.nextInt(4));
    var grouped = Map.of("group", Attribute.of((long) groups));
    weights.put("w1", random.gaussian(out, in / groups, 3, 2));
    node(
        "Conv",
        List.of("x", "w1"),
        "c1",
        Map.of("group", Attribute.of((long) groups), "pads", Attribute.of(1, 0, 1, 1)));
    batchNormalization(random, "c1", "n1", out);
    node("Relu", List.of("n1"), "r1");
    batchNormalization(random, "r1", "n2", out);
    weights.put("w2", random.gaussian(out * 2L, out / groups, 2, 2));
    weights.put("b2", random.gaussian(out * 2L));
    node("Conv", List.of("n2", "w2", "b2"), "c2", grouped);
    batchNormalization(random, "c2", "n3", out * 2);
    weights.put("w3", random.gaussian(out * 2L, 3, 2, 2));
    node("ConvTranspose", List.of("n3", "w3"), "c3", grouped);
    batchNormalization(random, "c3", "y", 3 * groups);
    Model model = model(8, 17, "y");
    Model folded = new FoldBatchNormalization().apply(model);
    assertThat(ops(folded)).containsExactly("Conv", "Relu", "Conv", "ConvTranspose");
    assertThat(folded.graph().initializers()).containsKeys("w1", "w2", "b2", "w3");
    assertSame(model, folded, random.gaussian(2, in, 7, 5), 2e-3);
  }

  @RepeatedTest(5)
  void normalizationGoesIntoGemm() {
    var random = SeededRandom.fresh();
    boolean transposed = random.nextBoolean();
    int width = 1 + random.nextInt(6);
    weights.put("w", transposed ? random.gaussian(width, 5) : random.gaussian(5, width));
    weights.put("b", random.nextBoolean() ? random.gaussian(width) : random.gaussian(1, 1));
    node(
        "Gemm",
        List.of("x", "w", "b"),
        "g",
        Map.of(
            "transB",
            Attribute.of(transposed ? 1L : 0L),
            "alpha",
            Attribute.of(0.5f),
            "beta",
            Attribute.of(3f)));
    batchNormalization(random, "g", "y", width);
    Model model = model(3, 9, "y");
    Model folded = new FoldBatchNormalization().apply(model);
    assertThat(ops(folded)).containsExactly("Gemm");
    assertSame(model, folded, random.gaussian(4, 5), 1e-4);
  }

  @Test
  void sharedValuesAndWeightsAndPaddedConvolutionsAreRespected() {
    var random = SeededRandom.fresh();
    weights.put("w", random.gaussian(3, 3, 1, 1));
    node("Conv", List.of("x", "w"), "shared");
    batchNormalization(random, "shared", "n1", 3);
    node("Add", List.of("shared", "n1"), "sum");
    batchNormalization(random, "sum", "n2", 3);
    node("Conv", List.of("n2", "w"), "padded", Map.of("pads", Attribute.of(1, 1, 1, 1)));
    batchNormalization(random, "padded", "y", 3);
    Model model = model(8, 17, "y");
    Model folded = new FoldBatchNormalization().apply(model);
    assertThat(ops(folded))
        .containsExactly("Conv", "BatchNormalization", "Add", "BatchNormalization", "Conv");
    assertThat(folded.graph().initializers().get("w")).isEqualTo(weights.get("w"));
    assertSame(model, folded, random.gaussian(1, 3, 4, 4), 1e-3);
  }

  @Test
  void exportedModelsStayWellFormed() throws IOException {
    var problems = new ArrayList<String>();
    try (var folders = Files.list(TestData.of("exported"))) {
      for (Path file : folders.map(folder -> folder.resolve("model.onnx")).toList()) {
        if (!Files.exists(file)) {
          continue;
        }
        Model model = Onnx.read(file);
        Model after =
            new RemoveDeadNodes()
                .apply(new FoldBatchNormalization().apply(new FoldConstants().apply(model)));
        try {
          ModelCheck.check(after);
        } catch (InvalidInputException problem) {
          problems.add(file + ": " + problem.getMessage());
        }
        if (!after.graph().inputs().containsAll(model.graph().inputs())
            || !after.graph().outputs().equals(model.graph().outputs())
            || after.graph().nodes().size() > model.graph().nodes().size()) {
          problems.add(file + ": other inputs or outputs, or more nodes");
        }
      }
    }
    assertThat(problems).isEmpty();
  }
}
