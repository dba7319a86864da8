package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Rewritable;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What parts, moves and adds channels; weights and what belongs to them. */
class RewritingTest {
  private final RandomRemovals removals = new RandomRemovals(SeededRandom.fresh());

  @ParameterizedTest
  @ValueSource(longs = {11, 13, 18})
  void aSplitInEqualPartsIsWrittenOut(long opset) {
    Net net = new Net();
    String wide = net.conv("x", 6, 14);
    Map<String, Attribute> parts =
        opset < 18
            ? Map.of("axis", Attribute.of(1))
            : Map.of("axis", Attribute.of(1), "num_outputs", Attribute.of(2));
    List<String> halves = net.add("Split", 2, parts, wide);
    String one = net.conv(halves.getFirst(), 7, 5);
    String other = net.conv(halves.getLast(), 7, 5);
    net.conv(net.add("Concat", Map.of("axis", Attribute.of(1)), one, other), 10, 3);
    removals.check(net.model(opset), 4);
  }

  @ParameterizedTest
  @ValueSource(longs = {9, 17})
  void aSliceOfEverySecondChannelTakesWhatStays(long opset) {
    Net net = new Net();
    String wide = net.add("Relu", net.conv("x", 6, 23));
    String part =
        opset < 10
            ? net.add(
                "Slice",
                Map.of(
                    "axes", Attribute.of(1L, 2L),
                    "starts", Attribute.of(4L, 1L),
                    "ends", Attribute.of(19L, 7L)),
                wide)
            : net.add(
                "Slice", wide, net.ints(19, 1), net.ints(2, 7), net.ints(1, 2), net.ints(-2, 1));
    net.conv(part, opset < 10 ? 15 : 9, 4);
    removals.check(net.model(opset), 1);
  }

  @Test
  void aSliceOfWhatStaysLeavesTheRestToGo() {
    Net net = new Net();
    String wide = net.add("Relu", net.conv("x", 6, 23));
    net.conv(wide, 23, 4);
    String part = net.add("Slice", wide, net.ints(0), net.ints(23), net.ints(1), net.ints(2));
    net.conv(net.add("Softmax", Map.of("axis", Attribute.of(1)), part), 12, 4);
    removals.check(net.model(17), 1);
  }

  @Test
  void channelsAddedByPaddingGoWithThoseTheyAreAddedTo() {
    Net net = new Net();
    String narrow = net.add("Relu", net.conv("x", 6, 5));
    String padded = net.add("Pad", narrow, net.ints(0, 3, 0, 0, 0, 4, 0, 0));
    String sum = net.add("Add", padded, net.conv(narrow, 5, 12));
    net.conv(net.add("Relu", sum), 12, 4);
    removals.check(net.model(17), 1);
  }

  @Test
  void indicesThatAreFixedPointToTheNewPlaces() {
    Net net = new Net();
    String wide = net.conv("x", 6, 9);
    String order = net.ints(8, 3, 3, -9, 5);
    String taken = net.add("Gather", Map.of("axis", Attribute.of(1)), wide, order);
    net.conv(taken, 5, 4);
    removals.check(net.model(17), 1);
  }

  @Test
  void aSparseWeightStaysSparse() {
    Net net = new Net();
    net.conv(net.add("Relu", net.conv("x", 6, 13)), 13, 4);
    Model dense = net.model(17);
    Graph graph = dense.graph();
    Tensor weight = graph.initializer("w2").orElseThrow().copy();
    for (long k = 0; k < weight.size(); k += 2) {
      weight.setFloat(k, 0);
    }
    var rest = new HashMap<>(graph.initializers());
    rest.remove("w2");
    Model sparse =
        dense.withGraph(
            new Graph(
                "net",
                graph.nodes(),
                rest,
                Map.of("w2", SparseTensor.of(weight, SparseTensor.Form.INDEXED)),
                graph.inputs(),
                graph.outputs(),
                List.of(),
                List.of(),
                Details.NONE));
    Model smaller = removals.check(sparse, 1);
    assertThat(smaller.graph().sparseInitializers()).containsKey("w2");
  }

  @Test
  void whatBelongsToAWeightFollowsIt() {
    Net net = new Net();
    net.conv(net.conv("x", 6, 13), 13, 4);
    Coupling coupling = Coupling.of(net.model(17));
    Removal removal = removals.removal(coupling);
    Rewriting rewriting = Rewriting.of(removal);
    Tensor weight = coupling.model().graph().initializer("w2").orElseThrow();
    assertThat(rewriting.follow("w2", weight))
        .isEqualTo(rewriting.model().graph().initializer("w2").orElseThrow());
    assertThatThrownBy(() -> rewriting.follow("w2", Tensor.allocate(DataType.FLOAT, 3)))
        .hasMessageContaining("FLOAT [3] for weight 'w2', which has shape [4, 13, 1, 1]");
  }

  @Test
  @Tag("slow")
  void everythingThatExportersWrite() throws IOException {
    try (Stream<Path> folders = Files.list(TestData.of("exported"))) {
      for (Path folder : folders.sorted().toList()) {
        Coupling coupling = Coupling.of(Onnx.read(folder.resolve("model.onnx")));
        if (coupling.channels() > 0) {
          Removal removal = removals.removal(coupling);
          Model smaller = Rewriting.of(removal).model();
          RandomRemovals.assertCosts(removal, smaller);
          OnnxRuntime.of(smaller).close();
        }
      }
    }
  }

  @Test
  void aNodeWithoutARuleIsNamed() {
    Node unknown =
        new Node("odd", "Odd", "mine", "", List.of("x"), List.of("y"), Map.of(), Details.NONE);
    assertThat(Rewritable.knows(unknown)).isFalse();
  }
}
