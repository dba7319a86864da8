package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.pass.RemoveDeadNodes;
import org.espalier.graph.pass.RemoveIdentities;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Seam;
import org.espalier.prune.coupling.Shuffle;

/**
 * A model without some of its channels, in the user's own operators. The model that the coupling
 * was found for is left as it is; weights that don't change are shared with it.
 */
public final class Rewriting {
  private final Model before;
  private final List<Shuffle> shuffles;
  private final List<Seam> seams;
  private final Extents extents;
  private final Model model;

  private Rewriting(Removal removal) {
    Coupling coupling = removal.coupling();
    this.before = coupling.model();
    this.shuffles = coupling.shuffles();
    this.seams = coupling.seams();
    this.extents = Extents.of(removal);
    this.model = removal.channels().isEmpty() && seams.isEmpty() ? before : rewritten();
  }

  /**
   * The model without the channels of {@code removal}.
   *
   * @throws InvalidInputException where a node can't take the sizes that it would get, or a value
   *     hasn't the size that the channels say: the message names them
   */
  public static Rewriting of(Removal removal) {
    return new Rewriting(removal);
  }

  /** The smaller model. */
  public Model model() {
    return model;
  }

  /**
   * What is left of a tensor that has an entry for each of a weight's: a mask, a gradient, the
   * state of an optimiser.
   *
   * @throws InvalidInputException where there is no such weight or it has another shape
   */
  public Tensor follow(String weight, Tensor tensor) {
    if (!before.graph().isInitializer(weight)) {
      throw new InvalidInputException("no initializer named '" + weight + "'");
    }
    Shape expected = extents.shapes().shape(weight).orElseThrow();
    if (!expected.equals(tensor.shape())) {
      throw new InvalidInputException(
          "%s for weight '%s', which has shape %s".formatted(tensor, weight, expected));
    }
    return extents.kept(weight, tensor);
  }

  private Model rewritten() {
    Graph graph = before.graph();
    var edit = new Edit(before, extents);
    nodes(graph, edit);
    var dense = new LinkedHashMap<String, Tensor>();
    graph.initializers().forEach((name, tensor) -> dense.put(name, extents.kept(name, tensor)));
    dense.putAll(edit.added());
    var sparse = new LinkedHashMap<String, SparseTensor>();
    graph
        .sparseInitializers()
        .forEach(
            (name, tensor) ->
                sparse.put(
                    name,
                    extents.changes(name)
                        ? Gathered.of(tensor, extents.keptByAxis(name))
                        : tensor));
    Graph smaller =
        new Graph(
            graph.name(),
            edit.nodes(),
            dense,
            sparse,
            graph.inputs().stream().map(this::resized).toList(),
            graph.outputs(),
            open(graph),
            graph.annotations(),
            graph.details());
    Model result = new RemoveDeadNodes().apply(before.withGraph(smaller));
    if (!seams.isEmpty()) {
      result = new RemoveIdentities().apply(result);
    }
    Predicted.check(before, result, extents);
    return result;
  }

  private void nodes(Graph graph, Edit edit) {
    Map<String, Shuffle> ends = new HashMap<>();
    Set<String> within = new HashSet<>();
    for (Shuffle shuffle : shuffles) {
      if (extents.changes(shuffle.input(), shuffle.axis())) {
        shuffle.nodes().forEach(node -> within.addAll(node.outputs()));
        ends.put(shuffle.output(), shuffle);
      }
    }
    Map<String, Seam> cuts = new HashMap<>();
    seams.forEach(seam -> cuts.put(seam.output(), seam));
    for (Node node : graph.nodes()) {
      Shuffle shuffle = ends.get(node.outputs().getFirst());
      if (cuts.containsKey(node.outputs().getFirst())) {
        Cuts.seam(cuts.get(node.outputs().getFirst()), edit);
      } else if (shuffle != null) {
        Cuts.shuffle(shuffle.input(), shuffle.output(), shuffle.axis(), shuffle.sources(), edit);
      } else if (!within.contains(node.outputs().getFirst())) {
        NodeRules.rewrite(node, edit);
      }
    }
  }

  /** An input that has a weight as its default is as large as that. */
  private ValueInfo resized(ValueInfo input) {
    return before.graph().isInitializer(input.name())
            && extents.changes(input.name())
            && input.type() instanceof Type.TensorType type
        ? new ValueInfo(
            input.name(),
            Type.tensor(type.element(), Shape.of(extents.sizes(input.name()).orElseThrow())),
            input.details())
        : input;
  }

  /** What the file says of values in between goes, but where nothing else tells their shapes. */
  private List<ValueInfo> open(Graph graph) {
    Set<String> needed = new HashSet<>();
    extents.shapes().gaps().forEach(gap -> needed.addAll(gap.node().outputs()));
    var open = new ArrayList<ValueInfo>();
    for (ValueInfo value : graph.values()) {
      if (needed.contains(value.name())) {
        followed(value).ifPresent(open::add);
      }
    }
    return open;
  }

  /** What the file says of a value, with the sizes after. */
  private Optional<ValueInfo> followed(ValueInfo value) {
    if (!extents.changes(value.name())) {
      return Optional.of(value);
    }
    if (!(value.type() instanceof Type.TensorType(DataType element, Optional<Shape> shape))
        || shape.isEmpty()
        || shape.get().rank() != extents.rank(value.name())) {
      return Optional.empty();
    }
    List<Dim> dims = new ArrayList<>(shape.get().dims());
    for (int axis = 0; axis < dims.size(); axis++) {
      if (extents.changes(value.name(), axis)) {
        dims.set(axis, extents.after(value.name(), axis));
      }
    }
    Type type = Type.tensor(element, new Shape(dims));
    return Optional.of(new ValueInfo(value.name(), type, value.details()));
  }
}
