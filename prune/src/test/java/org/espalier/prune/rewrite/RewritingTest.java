package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Rewritable;
import org.espalier.prune.coupling.Role;
import org.espalier.prune.proof.Proofs;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A removal must equal the model whose consumers multiply what goes by zero. */
class RewritingTest {
  private final SeededRandom random = SeededRandom.fresh();

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
    check(net.model(opset), 4);
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
    check(net.model(opset), 1);
  }

  @Test
  void aSliceOfWhatStaysLeavesTheRestToGo() {
    Net net = new Net();
    String wide = net.add("Relu", net.conv("x", 6, 23));
    net.conv(wide, 23, 4);
    String part = net.add("Slice", wide, net.ints(0), net.ints(23), net.ints(1), net.ints(2));
    net.conv(net.add("Softmax", Map.of("axis", Attribute.of(1)), part), 12, 4);
    check(net.model(17), 1);
  }

  @Test
  void groupsOfAConvolutionLoseAsMuchEach() {
    Net net = new Net();
    String wide = net.conv("x", 6, 12);
    String grouped =
        net.add("Conv", Map.of("group", Attribute.of(3)), wide, net.weight(15, 4, 3, 3));
    String depthwise =
        net.add("Conv", Map.of("group", Attribute.of(15)), grouped, net.weight(15, 1, 3, 3));
    net.conv(depthwise, 15, 4);
    check(net.model(17), 2);
  }

  @Test
  void groupsOfConvolutionsBetweenShufflesLoseAnyButAsMany() {
    Net net = new Net();
    Map<String, Attribute> groups = Map.of("group", Attribute.of(3));
    String wide = net.conv("x", 6, 15);
    String first = shuffled(net.add("Conv", groups, wide, net.weight(15, 5, 3, 3)), net);
    String second = shuffled(net.add("Conv", groups, first, net.weight(15, 5, 1, 1)), net);
    String third =
        net.add("ConvTranspose", groups, second, net.weight(15, 5, 1, 1), net.weight(15));
    String last = net.add("Conv", groups, shuffled(third, net), net.weight(12, 5, 2, 2));
    net.conv(last, 12, 4);
    Coupling coupling = Coupling.of(net.model(17));
    assertThat(coupling.groups().stream().map(Group::size)).containsExactly(5, 5, 5, 5, 4);
    assertThat(Proofs.failures(coupling, new Random(7), 3)).isEmpty();
    Removal removal = removal(coupling);
    Rewriting rewriting = Rewriting.of(removal);
    assertCosts(removal, rewriting.model());
    for (String weight : List.of("w2", "w5", "w8", "w12")) {
      Tensor whole = coupling.model().graph().initializer(weight).orElseThrow();
      assertThat(rewriting.follow(weight, whole))
          .isEqualTo(rewriting.model().graph().initializer(weight).orElseThrow());
    }
  }

  /** Of groups of five channels, the first of each, then the second of each... */
  private static String shuffled(String x, Net net) {
    String apart = net.add("Reshape", x, net.ints(0, 3, 5, 6, 6));
    Map<String, Attribute> order = Map.of("perm", Attribute.of(0, 2, 1, 3, 4));
    return net.add("Reshape", net.add("Transpose", order, apart), net.ints(0, 15, 6, 6));
  }

  @Test
  void transposedConvolutionsAndTheirGroups() {
    Net net = new Net();
    String wide = net.conv("x", 6, 12);
    String each =
        net.add("ConvTranspose", Map.of("group", Attribute.of(12)), wide, net.weight(12, 1, 2, 2));
    String whole = net.add("ConvTranspose", each, net.weight(12, 7, 2, 2), net.weight(7));
    net.conv(whole, 7, 4);
    check(net.model(17), 2);
  }

  @Test
  void channelsAddedByPaddingGoWithThoseTheyAreAddedTo() {
    Net net = new Net();
    String narrow = net.add("Relu", net.conv("x", 6, 5));
    String padded = net.add("Pad", narrow, net.ints(0, 3, 0, 0, 0, 4, 0, 0));
    String sum = net.add("Add", padded, net.conv(narrow, 5, 12));
    net.conv(net.add("Relu", sum), 12, 4);
    check(net.model(17), 1);
  }

  @Test
  void indicesThatAreFixedPointToTheNewPlaces() {
    Net net = new Net();
    String wide = net.conv("x", 6, 9);
    String order = net.ints(8, 3, 3, -9, 5);
    String taken = net.add("Gather", Map.of("axis", Attribute.of(1)), wide, order);
    net.conv(taken, 5, 4);
    check(net.model(17), 1);
  }

  @Test
  void aTargetPutTogetherFromShapesIsPatched() {
    Net net = new Net(Dim.symbol("S"), Dim.of(10));
    String queries = net.add("MatMul", "x", net.weight(10, 12));
    String keys = net.add("MatMul", "x", net.weight(10, 12));
    String values = net.add("MatMul", "x", net.weight(10, 12));
    String weights = net.add("MatMul", heads(net, queries), turned(net, keys));
    String mixed =
        net.add(
            "MatMul",
            net.add("Softmax", Map.of("axis", Attribute.of(-1)), weights),
            heads(net, values));
    String back =
        net.add(
            "Reshape",
            net.add("Transpose", Map.of("perm", Attribute.of(0L, 2L, 1L, 3L)), mixed),
            target(net, net.ints(12)));
    net.add("MatMul", back, net.weight(12, 10));
    check(net.model(17), 1);
  }

  @Test
  void headsMergedWithAnOpenBatchAreLeftToReshape() {
    Net net = new Net(Dim.symbol("S"), Dim.of(10));
    String split = heads(net, net.add("MatMul", "x", net.weight(10, 12)));
    String length = net.add("Slice", net.add("Shape", "x"), net.ints(1), net.ints(2));
    Map<String, Attribute> first = Map.of("axis", Attribute.of(0));
    String merged = net.add("Concat", first, net.ints(-1), length, net.ints(3));
    String relu = net.add("Relu", net.add("Reshape", split, merged));
    String batch = net.add("Slice", net.add("Shape", "x"), net.ints(0), net.ints(1));
    String apart = net.add("Concat", first, batch, net.ints(4), length, net.ints(3));
    String back = net.add("Reshape", relu, apart);
    String turned = net.add("Transpose", Map.of("perm", Attribute.of(0L, 2L, 1L, 3L)), back);
    String joined = net.add("Reshape", turned, target(net, net.ints(12)));
    net.add("MatMul", joined, net.weight(12, 10));
    check(net.model(17), 1);
  }

  @Test
  void aSumThatOnlyAFusedNodeMakesIsAsWide() {
    Net net = new Net(Dim.of(5), Dim.of(10));
    String one = net.add("MatMul", "x", net.weight(10, 12));
    String other = net.add("MatMul", "x", net.weight(10, 12));
    List<String> made =
        net.add("SkipLayerNormalization", 4, Map.of(), one, other, net.weight(12), net.weight(12));
    net.add("MatMul", net.add("Relu", made.getLast()), net.weight(12, 7));
    Model model = net.model(17);
    Model fused =
        model.withGraph(
            model
                .graph()
                .withNodes(
                    model.graph().nodes().stream()
                        .map(
                            node ->
                                node.op().startsWith("Skip")
                                    ? new Node(
                                        node.name(),
                                        node.op(),
                                        "com.microsoft",
                                        "",
                                        node.inputs(),
                                        List.of(made.getFirst(), "", "", made.getLast()),
                                        node.attributes(),
                                        node.details())
                                    : node)
                        .toList()));
    check(
        new Model(
            8,
            "",
            "",
            "",
            0,
            Map.of("", 17L, "com.microsoft", 1L),
            fused.graph(),
            List.of(),
            Details.NONE),
        1);
  }

  private static String heads(Net net, String x) {
    String split = net.add("Reshape", x, target(net, net.ints(4, 3)));
    return net.add("Transpose", Map.of("perm", Attribute.of(0L, 2L, 1L, 3L)), split);
  }

  private static String turned(Net net, String x) {
    String split = net.add("Reshape", x, target(net, net.ints(4, 3)));
    return net.add("Transpose", Map.of("perm", Attribute.of(0L, 2L, 3L, 1L)), split);
  }

  /** The first two sizes of the input, then others. */
  private static String target(Net net, String others) {
    String open = net.add("Slice", net.add("Shape", "x"), net.ints(0), net.ints(2));
    return net.add("Concat", Map.of("axis", Attribute.of(0)), open, others);
  }

  @Test
  void aStateOfTheBatchsSizeAndTheHiddenUnits() {
    Net net = new Net(Dim.of(5), Dim.of(6));
    String x = net.add("Transpose", Map.of("perm", Attribute.of(1L, 0L, 2L)), "x");
    String batch = net.add("Slice", net.add("Shape", "x"), net.ints(0), net.ints(1));
    Map<String, Attribute> first = Map.of("axis", Attribute.of(0));
    String sizes = net.add("Concat", first, net.ints(1), batch, net.ints(11));
    String state = net.add("ConstantOfShape", sizes);
    String expanded = net.add("Expand", net.weight(1, 1, 11), sizes);
    List<String> made =
        net.add(
            "LSTM",
            3,
            Map.of("hidden_size", Attribute.of(11)),
            x,
            net.weight(1, 44, 6),
            net.weight(1, 44, 11),
            net.weight(1, 88),
            "",
            state,
            expanded);
    String last = net.add("Squeeze", made.get(1), net.ints(0));
    net.add("MatMul", last, net.weight(11, 3));
    check(net.model(17), 1);
  }

  @Test
  void sizesOfResizeAndWholeGroupsOfANormalisation() {
    Net net = new Net();
    String wide = net.conv("x", 6, 12);
    String folded = net.add("Reshape", wide, net.ints(0, 4, -1));
    String normal = net.add("InstanceNormalization", folded, net.weight(4), net.weight(4));
    String unfolded = net.add("Reshape", normal, net.add("Shape", wide));
    String batch = net.add("Slice", net.add("Shape", wide), net.ints(0), net.ints(2));
    String sizes = net.add("Concat", Map.of("axis", Attribute.of(0)), batch, net.ints(16, 16));
    String large = net.add("Resize", unfolded, "", "", sizes);
    net.conv(large, 12, 4);
    check(net.model(17), 1);
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
    Model smaller = check(sparse, 1);
    assertThat(smaller.graph().sparseInitializers()).containsKey("w2");
  }

  @Test
  void whatBelongsToAWeightFollowsIt() {
    Net net = new Net();
    net.conv(net.conv("x", 6, 13), 13, 4);
    Coupling coupling = Coupling.of(net.model(17));
    Removal removal = removal(coupling);
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
          Removal removal = removal(coupling);
          Model smaller = Rewriting.of(removal).model();
          assertCosts(removal, smaller);
          OnnxRuntime.of(smaller).close();
        }
      }
    }
  }

  /** Removes at random, and compares; the smaller model. */
  private Model check(Model model, int groups) {
    Coupling coupling = Coupling.of(model);
    assertThat(coupling.groups()).hasSizeGreaterThanOrEqualTo(groups);
    Model smaller = model;
    for (int trial = 0; trial < 5; trial++) {
      Removal removal = removal(coupling);
      smaller = Rewriting.of(removal).model();
      assertCosts(removal, smaller);
      Map<String, Tensor> inputs = Map.of("x", random.gaussian(dims(model)));
      try (var expected = OnnxRuntime.of(zeroed(removal));
          var actual = OnnxRuntime.of(smaller)) {
        Agreement agreement =
            Agreement.of(expected.run(inputs).get("y"), actual.run(inputs).get("y"));
        assertThat(agreement.holds()).as(agreement.reason()).isTrue();
      }
    }
    return smaller;
  }

  private static long[] dims(Model model) {
    return model.graph().inputs().getFirst().type() instanceof Type.TensorType(_, var shape)
        ? shape.orElseThrow().dims().stream().mapToLong(dim -> dim.sizeOr(3)).toArray()
        : new long[0];
  }

  private static void assertCosts(Removal removal, Model smaller) {
    Costs costs = Costs.of(removal.coupling());
    Inspection counted = Inspection.of(smaller);
    assertThat(costs.parameters(removal)).isEqualTo(counted.parameters());
    assertThat(costs.macs(removal)).isEqualTo(counted.macs());
  }

  /** One to all but one of each group's channels. */
  private Removal removal(Coupling coupling) {
    var channels = new BitSet();
    for (Group group : coupling.groups()) {
      if (group.size() > 1) {
        int count = 1 + random.nextInt(group.size() - 1);
        random
            .ints(0, group.size())
            .distinct()
            .limit(count)
            .forEach(channel -> channels.set(group.first() + channel));
      }
    }
    return new Removal(coupling, channels);
  }

  /** The model as it was, with zeros for what reads the channels that go. */
  private static Model zeroed(Removal removal) {
    Graph graph = removal.coupling().model().graph();
    var changed = new HashMap<String, Tensor>();
    for (Group group : removal.coupling().groups()) {
      for (Member member : group.members()) {
        if (member.role() == Role.CONSUMER) {
          int axis = member.weight().axis();
          Tensor weight =
              changed.computeIfAbsent(
                  member.weight().value(), name -> graph.initializer(name).orElseThrow().copy());
          long inner = 1;
          for (int k = axis + 1; k < weight.rank(); k++) {
            inner *= weight.dim(k);
          }
          for (long k = 0; k < weight.size(); k++) {
            int channel = member.channels()[(int) (k / inner % weight.dim(axis))];
            if (channel >= 0 && !removal.keeps(group.first() + channel)) {
              weight.setFloat(k, 0);
            }
          }
        }
      }
    }
    return removal.coupling().model().withGraph(graph.replacing(changed));
  }

  @Test
  void aNodeWithoutARuleIsNamed() {
    Node unknown =
        new Node("odd", "Odd", "mine", "", List.of("x"), List.of("y"), Map.of(), Details.NONE);
    assertThat(Rewritable.knows(unknown)).isFalse();
  }
}
