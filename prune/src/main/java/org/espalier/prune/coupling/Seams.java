package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.pass.Names;

/** Puts seams into a model, where layers are to choose channels of their own. */
final class Seams {
  private final Coupling tied;
  private final Freedom freedom;
  private final Shapes shapes;
  private final Names names;
  private final Set<String> fixed = new HashSet<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> indices = new LinkedHashMap<>();
  private final List<Seam> seams = new ArrayList<>();

  private Seams(Coupling tied, Freedom freedom) {
    this.tied = tied;
    this.freedom = freedom;
    this.shapes = Shapes.infer(tied.model());
    Graph graph = tied.model().graph();
    this.names = new Names(graph);
    fixed.addAll(graph.initializers().keySet());
    fixed.addAll(graph.sparseInitializers().keySet());
    for (Node node : graph.nodes()) {
      if (fixed.containsAll(Graph.uses(node))) {
        fixed.addAll(node.outputs());
      }
      nodes.add(node.withInputs(inputs(node)));
    }
  }

  /** A model, and the places in it where channels are not tied. */
  record Sewn(Model model, List<Seam> seams) {}

  /** The model of a coupling with seams, wherever channels run along what they cut. */
  static Sewn of(Coupling tied, Freedom freedom) {
    var sewing = new Seams(tied, freedom);
    Graph graph = tied.model().graph();
    var initializers = new LinkedHashMap<>(graph.initializers());
    initializers.putAll(sewing.indices);
    Graph sewn = graph.with(sewing.nodes, initializers);
    return new Sewn(tied.model().withGraph(sewn), sewing.seams);
  }

  private List<String> inputs(Node node) {
    var inputs = new ArrayList<>(node.inputs());
    if (freedom == Freedom.READERS && node.isStandard()) {
      int axis = read(node);
      if (axis >= 0) {
        inputs.set(0, sew(inputs.get(0), axis, inputs.get(1) + "/inputs"));
      }
    } else if (freedom == Freedom.OPERANDS && (node.is("Add") || node.is("Sum"))) {
      int axis = summed(node);
      for (int k = 0; axis >= 0 && k < inputs.size(); k++) {
        inputs.set(k, sew(inputs.get(k), axis, node.outputs().getFirst() + "/operand"));
      }
    }
    return inputs;
  }

  /** The axis of its first input that a layer with a stored weight reads; -1 for other nodes. */
  private int read(Node node) {
    if (node.inputs().size() < 2 || !tied.model().graph().isInitializer(node.inputs().get(1))) {
      return -1;
    }
    String x = node.inputs().getFirst();
    int axis =
        switch (node.op()) {
          case "Conv", "ConvTranspose" -> node.integer("group", 1) == 1 ? 1 : -1;
          case "Gemm" -> node.integer("transA", 0) == 0 ? 1 : -1;
          case "MatMul" -> shapes.rank(node.inputs().get(1)) == 2 ? shapes.rank(x) - 1 : -1;
          default -> -1;
        };
    return axis >= 0 && hasChannels(x, axis) ? axis : -1;
  }

  /** The one axis with channels that all operands of a sum have; -1 where there is none. */
  private int summed(Node node) {
    Optional<Shape> shape = shapes.shape(node.outputs().getFirst());
    boolean equal =
        shape.isPresent()
            && node.inputs().size() > 1
            && node.inputs().stream()
                .allMatch(in -> !fixed.contains(in) && shapes.shape(in).equals(shape));
    int[] axes =
        equal
            ? IntStream.range(0, shape.get().rank())
                .filter(axis -> node.inputs().stream().allMatch(in -> hasChannels(in, axis)))
                .toArray()
            : new int[0];
    return axes.length == 1 ? axes[0] : -1;
  }

  private boolean hasChannels(String value, int axis) {
    return !fixed.contains(value)
        && shapes.shape(value).filter(shape -> shape.dim(axis).isFixed()).isPresent()
        && Arrays.stream(tied.channelsAlong(new Axis(value, axis))).anyMatch(c -> c >= 0);
  }

  private String sew(String value, int axis, String name) {
    String output = names.fresh(name);
    String index = names.fresh(name + "/indices");
    int size = Math.toIntExact(shapes.shape(value).orElseThrow().dim(axis).sizeOr(-1));
    int[] sources = IntStream.range(0, size).toArray();
    indices.put(index, Tensor.of(Arrays.stream(sources).asLongStream().toArray()));
    Map<String, Attribute> along = Map.of("axis", Attribute.of(axis));
    nodes.add(Node.of("Gather", List.of(value, index), List.of(output), along));
    seams.add(new Seam(value, output, axis, sources));
    return output;
  }
}
