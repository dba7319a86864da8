package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.pass.Names;

/**
 * The neural implant of HAP (Yu et al., 2022): some filters of a convolution shrink to what their
 * middle sees, a convolution with windows of 1. The channels keep their places: both convolutions'
 * outputs are concatenated and put in order.
 *
 * <p>Only convolutions whose windows have a middle, with as much padding on each side, have such a
 * thing; of others, and of those with windows of 1, nothing changes.
 */
final class Implant {
  private final Graph graph;
  private final Map<String, Tensor> weights;
  private final Map<String, List<Node>> consumers;
  private final Names names;

  private Implant(Graph graph) {
    this.graph = graph;
    weights = new LinkedHashMap<>(graph.initializers());
    consumers = graph.consumers();
    names = new Names(graph);
  }

  /**
   * The model with these filters shrunk.
   *
   * @param filters by the name of a weight
   */
  static Model of(Model model, Map<String, BitSet> filters) {
    var implant = new Implant(model.graph());
    Graph graph = model.graph();
    var nodes = new ArrayList<Node>();
    boolean changed = false;
    for (Node node : graph.nodes()) {
      BitSet rows = node.is("Conv") ? filters.get(node.inputs().get(1)) : null;
      if (rows != null
          && !rows.isEmpty()
          && implant.consumers.get(node.inputs().get(1)).size() == 1
          && implant.hasMiddle(node)) {
        nodes.addAll(implant.shrunk(node, rows));
        changed = true;
      } else {
        nodes.add(node);
      }
    }
    return changed ? model.withGraph(implant.with(nodes)) : model;
  }

  private Graph with(List<Node> nodes) {
    return graph.with(nodes, weights);
  }

  /** Whether the middle of each window lies where a window of 1 would. */
  private boolean hasMiddle(Node node) {
    Tensor weight = weights.get(node.inputs().get(1));
    if (weight == null
        || node.integer("group", 1) != 1
        || !node.text("auto_pad", "NOTSET").equals("NOTSET")
        || !node.input(2).map(weights::containsKey).orElse(true)) {
      return false;
    }
    int rank = weight.rank() - 2;
    long[] ones = new long[rank];
    Arrays.fill(ones, 1);
    long[] pads = node.integers("pads", new long[2 * rank]);
    long[] dilations = node.integers("dilations", ones);
    boolean larger = false;
    for (int axis = 0; axis < rank; axis++) {
      long window = weight.dim(2 + axis);
      long wanted = (window - 1) / 2 * dilations[axis];
      if (window % 2 == 0 || pads[axis] != wanted || pads[rank + axis] != wanted) {
        return false;
      }
      larger |= window > 1;
    }
    return larger;
  }

  /** The nodes in place of a convolution some of whose filters shrink. */
  private List<Node> shrunk(Node node, BitSet rows) {
    String name = node.inputs().get(1);
    Tensor weight = weights.remove(name);
    node.input(2).filter(bias -> consumers.get(bias).size() == 1).ifPresent(weights::remove);
    int[] small = rows.stream().toArray();
    int[] whole = IntStream.range(0, (int) weight.dim(0)).filter(k -> !rows.get(k)).toArray();
    String output = node.outputs().getFirst();
    if (whole.length == 0) {
      return List.of(part(node, middle(weight), small, output, true));
    }
    String rest = names.fresh(output + "/whole");
    String implanted = names.fresh(output + "/implant");
    String joined = names.fresh(output + "/joined");
    String order = names.fresh(output + "/order");
    int[] places = new int[rows.length() + whole.length];
    for (int k = 0; k < whole.length; k++) {
      places[whole[k]] = k;
    }
    for (int k = 0; k < small.length; k++) {
      places[small[k]] = whole.length + k;
    }
    long[] sources = IntStream.range(0, (int) weight.dim(0)).mapToLong(k -> places[k]).toArray();
    weights.put(order, Tensor.of(sources, sources.length));
    Attribute channels = Attribute.of(1L);
    return List.of(
        part(node, weight, whole, rest, false),
        part(node, middle(weight), small, implanted, true),
        Node.of("Concat", List.of(rest, implanted), List.of(joined))
            .withName(joined)
            .with("axis", channels),
        Node.of("Gather", List.of(joined, order), List.of(output))
            .withName(order)
            .with("axis", channels));
  }

  /** A convolution with some of the filters. */
  private Node part(Node node, Tensor weight, int[] rows, String output, boolean small) {
    var inputs = new ArrayList<>(node.inputs());
    String name = node.inputs().get(1);
    inputs.set(1, small ? names.fresh(name + "/implant") : name);
    weights.put(inputs.get(1), rows(weight, rows));
    if (node.input(2).isPresent()) {
      inputs.set(2, names.fresh(node.inputs().get(2) + (small ? "/implant" : "/whole")));
      weights.put(inputs.get(2), rows(graph.initializers().get(node.inputs().get(2)), rows));
    }
    Node part = node.withInputs(inputs).withOutputs(List.of(output));
    if (!small) {
      return part;
    }
    var attributes = new LinkedHashMap<>(part.attributes());
    attributes.keySet().removeAll(Set.of("pads", "dilations", "kernel_shape"));
    return part.withAttributes(attributes).withName(output);
  }

  /** What filters see at the middle of their windows: windows of 1. */
  private static Tensor middle(Tensor weight) {
    long[] dims = weight.dims();
    Arrays.fill(dims, 2, dims.length, 1);
    Tensor middle = Tensor.allocate(weight.type(), dims);
    long window = weight.size() / weight.dim(0) / weight.dim(1);
    for (long k = 0; k < middle.size(); k++) {
      middle.setReal(k, weight.realAt(k * window + window / 2));
    }
    return middle;
  }

  private static Tensor rows(Tensor tensor, int... rows) {
    long[] dims = tensor.dims();
    long size = tensor.size() / dims[0];
    dims[0] = rows.length;
    Tensor some = Tensor.allocate(tensor.type(), dims);
    for (int row = 0; row < rows.length; row++) {
      for (long k = 0; k < size; k++) {
        some.setReal(row * size + k, tensor.realAt(rows[row] * size + k));
      }
    }
    return some;
  }
}
