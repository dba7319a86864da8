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
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/**
 * A residual network whose L branches are each divided by the root of L, {@code y = x + F(x) /
 * sqrt(L)} (Hayou et al., 2021): what they add up to then doesn't grow with depth, nor do
 * gradients.
 *
 * <p>Branches are those of {@link Blocks}, and those beside a shortcut with a layer of its own,
 * such as a projection to more channels. The factor is a Mul by a constant, which training leaves
 * alone.
 *
 * @param model with the factors; the network itself where it has no branch
 * @param sums the labels of the nodes that add branches, in graph order
 * @param factor what each branch is multiplied by
 */
public record ScaledBranches(Model model, List<String> sums, double factor) {
  private static final Set<String> LINEAR = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  public ScaledBranches {
    sums = List.copyOf(sums);
  }

  /** The network with its branches scaled. */
  public static ScaledBranches of(Model model) {
    Blocks blocks = Blocks.of(model);
    Map<String, String> branches = branches(blocks); // by the sum's output
    double factor = 1 / Math.sqrt(Math.max(1, branches.size()));
    if (branches.isEmpty()) {
      return new ScaledBranches(model, List.of(), factor);
    }
    Graph graph = blocks.model().graph();
    Shapes shapes = Shapes.infer(blocks.model());
    Set<String> taken = new HashSet<>(graph.initializers().keySet());
    graph.sparseInitializers().keySet().forEach(taken::add);
    graph.nodes().forEach(node -> taken.addAll(node.outputs()));
    graph.inputs().forEach(input -> taken.add(input.name()));
    var nodes = new ArrayList<Node>();
    var sums = new ArrayList<String>();
    var factors = new LinkedHashMap<String, Tensor>(graph.initializers());
    for (Node node : graph.nodes()) {
      String branch = branches.get(node.outputs().getFirst());
      if (branch == null) {
        nodes.add(node);
        continue;
      }
      DataType type = shapes.element(branch).orElse(DataType.FLOAT);
      String constant = fresh("branch_scale", taken);
      Tensor value = Tensor.allocate(type);
      value.setReal(0, factor);
      factors.put(constant, value);
      List<String> inputs = new ArrayList<>(node.inputs());
      for (String scaled : scaled(node, branch)) {
        String product = fresh(scaled + "_scaled", taken);
        nodes.add(Node.of("Mul", List.of(scaled, constant), List.of(product)).withName(product));
        inputs.set(inputs.indexOf(scaled), product);
      }
      nodes.add(node.withInputs(inputs));
      sums.add(node.label());
    }
    return new ScaledBranches(blocks.model().withGraph(graph.with(nodes, factors)), sums, factor);
  }

  /** The branch, and in a fused normalisation the bias that is added with it. */
  private static List<String> scaled(Node sum, String branch) {
    var scaled = new ArrayList<>(List.of(branch));
    Blocks.bias(sum).ifPresent(scaled::add);
    return scaled;
  }

  private static String fresh(String wanted, Set<String> taken) {
    String name = wanted;
    for (int k = 2; !taken.add(name); k++) {
      name = wanted + "_" + k;
    }
    return name;
  }

  /** What is added to what goes past, by the name of the sum. */
  private static Map<String, String> branches(Blocks blocks) {
    var branches = new HashMap<String, String>();
    blocks.all().forEach(block -> branches.put(block.output(), block.branch()));
    var paths = new Paths(blocks.model().graph());
    for (Node node : blocks.model().graph().nodes()) {
      String output = node.outputs().getFirst();
      if (node.is("Add") && !branches.containsKey(output)) {
        paths.branch(node).ifPresent(branch -> branches.put(output, branch));
      }
    }
    return branches;
  }

  /** Chains of nodes that lead to a value, up to where it forks. */
  private static final class Paths {
    private final Map<String, Node> producers;
    private final Map<String, List<Node>> readers;

    Paths(Graph graph) {
      producers = graph.producers();
      readers = graph.consumers();
    }

    /** How many layers lie between a fork and a value. */
    private record Path(String fork, int layers) {}

    /** Of a sum of two paths from one fork, the one with more layers. */
    Optional<String> branch(Node sum) {
      Optional<Path> one = path(sum.inputs().get(0));
      Optional<Path> other = path(sum.inputs().get(1));
      if (one.isEmpty() || other.isEmpty() || !one.get().fork().equals(other.get().fork())) {
        return Optional.empty();
      }
      int more = Integer.compare(one.get().layers(), other.get().layers());
      return more == 0 ? Optional.empty() : Optional.of(sum.inputs().get(more > 0 ? 0 : 1));
    }

    private Optional<Path> path(String value) {
      int layers = 0;
      String at = value;
      while (true) {
        Node maker = producers.get(at);
        if (readers.getOrDefault(at, List.of()).size() > 1) {
          return Optional.of(new Path(at, layers));
        }
        if (maker == null) {
          return Optional.empty();
        }
        List<String> sources = maker.inputs().stream().filter(producers::containsKey).toList();
        if (sources.size() != 1) {
          return Optional.empty();
        }
        layers += LINEAR.contains(maker.op()) ? 1 : 0;
        at = sources.getFirst();
      }
    }
  }
}
