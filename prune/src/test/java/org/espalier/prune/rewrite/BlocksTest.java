package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.espalier.reference.Agreement;
import org.espalier.reference.ConformanceCase;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BlocksTest {
  private static final Map<String, Attribute> EPSILON = Map.of("epsilon", Attribute.of(1e-2f));

  private static Model zeroed(Model model, Set<String> names) {
    Graph graph = model.graph();
    var zeros = new HashMap<String, Tensor>();
    for (String name : names) {
      Tensor weight = graph.initializer(name).orElseThrow();
      zeros.put(name, Tensor.allocate(weight.type(), weight.dims()));
    }
    return model.withGraph(graph.replacing(zeros));
  }

  private static Net residual() {
    Net net = new Net();
    String x = net.conv("x", 6, 8);
    String inner = net.conv(net.add("Relu", net.conv(x, 8, 5)), 5, 8);
    String y = net.add("Relu", net.add("Add", x, inner));
    String gelu = net.add("Add", y, net.add("Mul", y, net.add("Mul", y, y)));
    net.conv(gelu, 8, 3);
    return net;
  }

  @Test
  void aResidualBlockIsFoundAndAnActivationIsNot() {
    Blocks blocks = Blocks.of(residual().model(17));
    assertThat(blocks.all()).hasSize(1);
    Block block = blocks.all().getFirst();
    assertThat(block.nodes()).hasSize(3);
    assertThat(block.parameters()).isEqualTo(8 * 5 + 5 + 5 * 8 + 8);
    Model without = blocks.without(List.of(block));
    assertThat(Inspection.of(without).parameters())
        .isEqualTo(Inspection.of(blocks.model()).parameters() - block.parameters());
  }

  @Test
  void aBlockWithoutEffectIsDead() {
    Blocks blocks = Blocks.of(residual().model(17));
    assertThat(blocks.dead()).isEmpty();
    Model zeroed = zeroed(blocks.model(), blocks.all().getFirst().last());
    assertThat(Blocks.of(zeroed).dead()).hasSize(1);
    Tensor x = SeededRandom.fresh().gaussian(2, 6, 8, 8);
    try (var expected = OnnxRuntime.of(zeroed);
        var actual = OnnxRuntime.of(Blocks.of(zeroed).without(Blocks.of(zeroed).dead()))) {
      Map<String, Tensor> inputs = Map.of("x", x);
      Agreement agreement =
          Agreement.of(expected.run(inputs).get("y"), actual.run(inputs).get("y"));
      assertThat(agreement.holds()).as(agreement.reason()).isTrue();
    }
  }

  /** Two sublayers with the sums in the normalisations behind them, the second's used as well. */
  static Model fused() {
    Net net = new Net(Dim.of(7), Dim.of(8));
    String x = net.add("Mul", "x", net.weight(8));
    String first =
        net.add(
            "MatMul", net.add("Relu", net.add("MatMul", x, net.weight(8, 5))), net.weight(5, 8));
    List<String> after =
        net.add(
            "SkipLayerNormalization",
            1,
            EPSILON,
            first,
            x,
            net.weight(8),
            net.weight(8),
            net.weight(8));
    String second = net.add("MatMul", after.getFirst(), net.weight(8, 8));
    List<String> outputs =
        net.add(
            "SkipLayerNormalization",
            4,
            EPSILON,
            after.getFirst(),
            second,
            net.weight(8),
            net.weight(8));
    net.add("Add", outputs.get(0), outputs.get(3));
    Model model = net.model(17);
    List<Node> nodes = model.graph().nodes().stream().map(BlocksTest::microsoft).toList();
    return new Model(
        model.irVersion(),
        "",
        "",
        "",
        0,
        Map.of("", 17L, "com.microsoft", 1L),
        model.graph().withNodes(nodes),
        List.of(),
        model.details());
  }

  private static Node microsoft(Node node) {
    if (!node.op().startsWith("Skip")) {
      return node;
    }
    List<String> outputs =
        node.outputs().size() == 1
            ? node.outputs()
            : List.of(node.outputs().get(0), "", "", node.outputs().get(3));
    return new Node(
        node.name(),
        node.op(),
        "com.microsoft",
        "",
        node.inputs(),
        outputs,
        node.attributes(),
        node.details());
  }

  @Test
  void blocksWhoseSumIsFusedIntoANormalisation() {
    Blocks blocks = Blocks.of(fused());
    assertThat(blocks.all()).hasSize(2);
    assertThat(blocks.all().getFirst().parameters()).isEqualTo(8 * 5 + 5 * 8 + 8);
    Tensor x = SeededRandom.fresh().gaussian(2, 7, 8);
    for (List<Block> gone :
        List.of(List.of(blocks.all().get(0)), List.of(blocks.all().get(1)), blocks.all())) {
      Model zero = blocks.model();
      long parameters = Inspection.of(zero).parameters();
      for (Block block : gone) {
        zero = zeroed(zero, block.last());
        parameters -= block.parameters();
      }
      Model without = blocks.without(gone);
      assertThat(Inspection.of(without).parameters()).isEqualTo(parameters);
      try (var expected = OnnxRuntime.of(zero);
          var actual = OnnxRuntime.of(without)) {
        Agreement agreement =
            Agreement.of(
                expected.run(Map.of("x", x)).get("y"), actual.run(Map.of("x", x)).get("y"), 1e-4);
        assertThat(agreement.holds()).as(agreement.reason()).isTrue();
      }
    }
  }

  @Test
  @Tag("slow")
  void anyBlockOfAnExportedNetworkZeroedEqualsWithoutIt() throws IOException {
    var random = SeededRandom.fresh();
    try (Stream<Path> folders = Files.list(TestData.of("exported"))) {
      for (Path folder : folders.sorted().toList()) {
        Blocks blocks = Blocks.of(Onnx.read(folder.resolve("model.onnx")));
        List<Block> certain =
            blocks.all().stream()
                .filter(block -> !block.last().isEmpty() && !shares(blocks.model(), block))
                .toList();
        if (!certain.isEmpty()) {
          Block block = certain.get(random.nextInt(certain.size()));
          compare(folder, blocks, block);
        }
      }
    }
  }

  /** Whether another layer would be zeroed too. */
  private static boolean shares(Model model, Block block) {
    return block.last().stream().anyMatch(name -> model.graph().consumers().get(name).size() > 1);
  }

  private static void compare(Path folder, Blocks blocks, Block block) {
    Map<String, Tensor> inputs =
        ConformanceCase.walk(folder)
            .toList()
            .getFirst()
            .dataSets()
            .getFirst()
            .readInputs(blocks.model());
    try (var expected = OnnxRuntime.of(zeroed(blocks.model(), block.last()));
        var actual = OnnxRuntime.of(blocks.without(List.of(block)))) {
      Map<String, Tensor> found = actual.run(inputs);
      expected
          .run(inputs)
          .forEach(
              (name, tensor) -> {
                Agreement agreement = Agreement.of(tensor, found.get(name));
                assertThat(agreement.holds())
                    .as("%s %s: %s", folder, block.name(), agreement.reason())
                    .isTrue();
              });
    }
  }
}
