package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/**
 * A model made ready for changing its sizes, in the user's own operators and opset.
 *
 * <p>Functions are inlined where there are any, an If that shapes decide is replaced by its branch,
 * lists of tensors by the tensors, constants are initializers, and Identity is gone but where it
 * gives a graph output its name. Small results that don't depend on the inputs, such as a size
 * taken from a shape, are numbers. A bias, scale or other vector that several nodes read is given
 * to each of them: exporters store equal ones once, which says nothing about the layers. {@link
 * Canonical} gives the values that stay the same names as here. The pass is idempotent.
 */
public final class Editable {
  /** Results of more elements than this aren't computed here: they may be weights. */
  private static final long SMALL = 64;

  /** From here on, an initializer need not be an input. */
  private static final long FREE_INITIALIZERS = 4;

  /** From here on, Split and Squeeze take sizes and axes as inputs. */
  private static final long SIZES_AS_INPUTS = 13;

  private Editable() {}

  /**
   * The model made ready.
   *
   * @throws InvalidInputException where a function calls itself, or shapes contradict each other
   */
  public static Model of(Model model) {
    Model decided = KnownBranches.taken(InlineFunctions.of(model));
    Model plain =
        decided.opset() >= SIZES_AS_INPUTS
            ? KnownBranches.taken(Sequences.resolved(decided))
            : decided;
    Graph tidied = Tidying.keepingSparse(plain.graph(), listsAllInitializers(plain));
    Model named =
        new Model(
            Math.max(plain.irVersion(), FREE_INITIALIZERS),
            plain.producerName(),
            plain.producerVersion(),
            plain.domain(),
            plain.modelVersion(),
            plain.opsets(),
            tidied,
            plain.functions(),
            plain.details());
    Model live = new RemoveDeadNodes().apply(folded(new RemoveDeadNodes().apply(named)));
    return live.withGraph(Vectors.apart(live.graph()));
  }

  /** As files did before initializers could do without: nobody means to replace all weights. */
  private static boolean listsAllInitializers(Model model) {
    Graph graph = model.graph();
    Set<String> inputs = new HashSet<>();
    graph.inputs().stream().map(ValueInfo::name).forEach(inputs::add);
    return inputs.containsAll(graph.initializers().keySet())
        && inputs.containsAll(graph.sparseInitializers().keySet());
  }

  private static Model folded(Model model) {
    Graph graph = model.graph();
    Shapes shapes = Shapes.infer(model);
    Set<String> open = new HashSet<>(); // what an input's default has a say in
    graph.inputs().stream().map(ValueInfo::name).filter(graph::isInitializer).forEach(open::add);
    Set<String> outputs = new HashSet<>();
    graph.outputs().stream().map(ValueInfo::name).forEach(outputs::add);
    var initializers = new LinkedHashMap<>(graph.initializers());
    var nodes = new ArrayList<Node>();
    for (Node node : graph.nodes()) {
      if (Graph.uses(node).stream().anyMatch(open::contains) && !readsShapeOnly(node)) {
        open.addAll(node.outputs());
      }
      Optional<Map<String, Tensor>> known =
          node.outputs().stream().anyMatch(out -> outputs.contains(out) || open.contains(out))
              ? Optional.empty()
              : results(node, shapes);
      known.ifPresentOrElse(initializers::putAll, () -> nodes.add(node));
    }
    return nodes.size() == graph.nodes().size()
        ? model
        : model.withGraph(InlineFunctions.withInitializers(graph.withNodes(nodes), initializers));
  }

  private static boolean readsShapeOnly(Node node) {
    return node.is("Shape") || node.is("Size");
  }

  /** The contents of all outputs of a node, where they are known and small. */
  private static Optional<Map<String, Tensor>> results(Node node, Shapes shapes) {
    var results = new LinkedHashMap<String, Tensor>();
    for (String output : node.outputs()) {
      Optional<Tensor> content =
          output.isEmpty()
              ? Optional.empty()
              : shapes.constant(output).filter(tensor -> tensor.size() <= SMALL);
      if (content.isEmpty() && !output.isEmpty()) {
        return Optional.empty();
      }
      content.ifPresent(tensor -> results.put(output, tensor));
    }
    return results.isEmpty() ? Optional.empty() : Optional.of(results);
  }
}
