package org.espalier.prune.rewrite;

import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Details;
import org.espalier.graph.Dim;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** Sizes that a graph computes, and nodes that several sizes must agree at. */
class ShapeRewritingTest {
  private final RandomRemovals removals = new RandomRemovals(SeededRandom.fresh());

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
    removals.check(net.model(17), 1);
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
    removals.check(net.model(17), 1);
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
    removals.check(
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
    removals.check(net.model(17), 1);
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
    removals.check(net.model(17), 1);
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
}
