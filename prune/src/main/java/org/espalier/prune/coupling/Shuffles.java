package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Block;
import org.espalier.graph.infer.Shapes;

/**
 * Finds a Reshape, a Transpose and a Reshape that together only put the entries of one axis in
 * another order, as ShuffleNet does between its grouped convolutions. Tied one by one, the three
 * would let go of a whole group or of the same channel of every group only.
 */
final class Shuffles {
  private final Graph view;
  private final Shapes shapes;
  private final Map<String, Node> own;
  private final Map<String, List<Node>> consumers;

  /** By the output of the last node. */
  private final Map<String, Shuffle> found = new LinkedHashMap<>();

  private Shuffles(Graph view, Shapes shapes, Graph model) {
    this.view = view;
    this.shapes = shapes;
    this.own = model.producers();
    this.consumers = view.consumers();
  }

  /** The shuffles of a view by the output of each of their three nodes, in graph order. */
  static Map<String, Shuffle> of(Graph view, Shapes shapes, Graph model) {
    return new Shuffles(view, shapes, model).find();
  }

  private Map<String, Shuffle> find() {
    var outputs = view.outputs().stream().map(ValueInfo::name).toList();
    for (Node first : view.nodes()) {
      Optional<Node> turn = only("Reshape", first, "Transpose", outputs);
      Optional<Node> last = turn.flatMap(node -> only("Transpose", node, "Reshape", outputs));
      last.flatMap(node -> shuffle(first, turn.get(), node))
          .ifPresent(
              shuffle ->
                  List.of(first, turn.get(), last.get())
                      .forEach(node -> found.put(node.outputs().getFirst(), shuffle)));
    }
    return found;
  }

  /** The node {@code next} that alone reads what {@code node}, an {@code op}, makes. */
  private Optional<Node> only(String op, Node node, String next, List<String> outputs) {
    if (!node.is(op)) {
      return Optional.empty();
    }
    String value = node.outputs().getFirst();
    List<Node> readers = consumers.getOrDefault(value, List.of());
    return readers.size() == 1
            && !outputs.contains(value)
            && readers.getFirst().is(next)
            && readers.getFirst().inputs().getFirst().equals(value)
        ? Optional.of(readers.getFirst())
        : Optional.empty();
  }

  private Optional<Shuffle> shuffle(Node first, Node turn, Node last) {
    String x = first.inputs().getFirst();
    String y = last.outputs().getFirst();
    Optional<Shape> shape = shapes.shape(x);
    var nodes = new ArrayList<Node>();
    for (Node node : List.of(first, turn, last)) {
      Node in = own.get(node.outputs().getFirst());
      if (in != null && in.is(node.op())) {
        nodes.add(in);
      }
    }
    if (shape.isEmpty() || !shape.equals(shapes.shape(y)) || nodes.size() < 3) {
      return Optional.empty();
    }
    String split = first.outputs().getFirst();
    String turned = turn.outputs().getFirst();
    int[] order =
        Arrays.stream(
                turn.integers("perm").orElseGet(() -> LayoutTies.reversed(shapes.rank(split))))
            .mapToInt(Math::toIntExact)
            .toArray();
    Map<Integer, List<Part>> before = parts(x, split).orElse(Map.of());
    Map<Integer, List<Part>> after = parts(y, turned).orElse(Map.of());
    if (!before.keySet().equals(after.keySet())) {
      return Optional.empty();
    }
    int moved = -1;
    int[] sources = {};
    for (int axis : before.keySet()) {
      int[] from = before.get(axis).stream().mapToInt(Part::axis).toArray();
      int[] to = after.get(axis).stream().mapToInt(part -> order[part.axis()]).toArray();
      if (!Arrays.equals(from, to)) {
        if (moved >= 0
            || !sameElements(from, to)
            || before.get(axis).stream().anyMatch(part -> part.size() < 0)) {
          return Optional.empty();
        }
        moved = axis;
        sources = sources(before.get(axis), to);
      }
    }
    return moved < 0 ? Optional.empty() : Optional.of(new Shuffle(x, y, moved, nodes, sources));
  }

  /**
   * What each axis of {@code whole} is split into in {@code split}, outermost first, leaving out
   * sizes of 1; nothing where axes are merged or not all is known.
   */
  private Optional<Map<Integer, List<Part>>> parts(String whole, String split) {
    var parts = new HashMap<Integer, List<Part>>();
    for (Block block : shapes.blocks(whole, split)) {
      int[] from = longer(whole, block.from(), block.to());
      int[] to = longer(split, block.otherFrom(), block.otherTo());
      var own = new ArrayList<Part>();
      if (from.length == 1 && to.length == 1) {
        own.add(new Part(to[0], dim(split, to[0]).sizeOr(-1)));
      } else {
        for (Block.Factor factor : block.factors().reversed()) {
          own.add(new Part(factor.otherAxis(), factor.size()));
        }
      }
      if (from.length > 1 || own.size() != to.length) {
        return Optional.empty();
      }
      if (from.length == 1) {
        parts.put(from[0], own);
      }
    }
    return Optional.of(parts);
  }

  private record Part(int axis, long size) {}

  private Dim dim(String value, int axis) {
    return shapes.shape(value).orElseThrow().dim(axis);
  }

  private int[] longer(String value, int from, int to) {
    return IntStream.range(from, to).filter(axis -> dim(value, axis).sizeOr(-1) != 1).toArray();
  }

  private static boolean sameElements(int[] a, int... b) {
    return Arrays.equals(IntStream.of(a).sorted().toArray(), IntStream.of(b).sorted().toArray());
  }

  /** Where each index comes from, when the parts of an axis stand in the order {@code to}. */
  private static int[] sources(List<Part> parts, int... to) {
    var strides = new HashMap<Integer, int[]>(); // size and stride in the input
    int count = 1;
    for (Part part : parts.reversed()) {
      strides.put(part.axis(), new int[] {(int) part.size(), count});
      count *= (int) part.size();
    }
    var sources = new int[count];
    for (int k = 0; k < count; k++) {
      int rest = k;
      for (int at = to.length - 1; at >= 0; at--) {
        int[] own = strides.get(to[at]);
        sources[k] += rest % own[0] * own[1];
        rest /= own[0];
      }
    }
    return sources;
  }
}
