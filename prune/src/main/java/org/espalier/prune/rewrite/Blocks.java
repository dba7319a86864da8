package org.espalier.prune.rewrite;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.inspect.Parameters;
import org.espalier.graph.pass.Editable;
import org.espalier.graph.pass.RemoveDeadNodes;

/**
 * The blocks of a network that can be taken out whole: residual blocks of any kind, found from the
 * graph alone. What leaves weights behind counts as a block; {@code x + c * x * x * x} of an
 * activation doesn't.
 */
public final class Blocks {
  private static final Set<String> LINEAR =
      Set.of(
          "Conv",
          "ConvInteger",
          "ConvTranspose",
          "FusedConv",
          "FusedGemm",
          "FusedMatMul",
          "Gemm",
          "MatMul",
          "MatMulInteger",
          "QLinearConv",
          "QLinearMatMul");

  /** The output of a fused normalisation that is the sum itself. */
  private static final int SUM = 3;

  private final Model model;
  private final Graph graph;
  private final Map<String, Node> producers;
  private final Map<String, List<Node>> readers;
  private final Set<String> outputs = new HashSet<>();
  private final Set<String> fixed = new HashSet<>(); // weights, and what is made of weights alone
  private final LastWeights weights;
  private final List<Block> all = new ArrayList<>();

  private Blocks(Model model) {
    this.model = model;
    this.graph = model.graph();
    this.producers = graph.producers();
    this.readers = graph.consumers();
    this.weights = new LastWeights(graph);
    graph.outputs().forEach(output -> outputs.add(output.name()));
    fixed.addAll(graph.initializers().keySet());
    fixed.addAll(graph.sparseInitializers().keySet());
    for (Node node : graph.nodes()) {
      if (fixed.containsAll(Graph.uses(node))) {
        fixed.addAll(node.outputs());
      }
    }
    Shapes shapes = Shapes.infer(model);
    Map<String, Tensor> parameters = Parameters.of(graph);
    for (int k = 0; k < graph.nodes().size(); k++) {
      Node node = graph.nodes().get(k);
      boolean sum = (node.is("Add") || node.is("Sum")) && node.inputs().size() == 2;
      if (sum || isSummingNorm(node)) {
        block(node, k, shapes, parameters).ifPresent(all::add);
      }
    }
  }

  /** The blocks of a model, in graph order. */
  public static Blocks of(Model model) {
    return new Blocks(Editable.of(model));
  }

  /** The model that blocks are taken out of: the original made ready, see {@link Editable}. */
  public Model model() {
    return model;
  }

  public List<Block> all() {
    return Collections.unmodifiableList(all);
  }

  /** The blocks that add nothing, as their last layer is zero. */
  public List<Block> dead() {
    return all.stream()
        .filter(block -> !block.last().isEmpty())
        .filter(
            block ->
                block.last().stream()
                    .allMatch(name -> graph.initializer(name).orElseThrow().nonzeros() == 0))
        .toList();
  }

  /**
   * The blocks that another model lacks.
   *
   * @param weights the names of the other's constants
   */
  public List<Block> missing(Set<String> weights) {
    Set<String> parameters = Parameters.of(graph).keySet();
    return all.stream()
        .filter(
            block -> {
              List<String> own =
                  parameters.stream()
                      .filter(
                          name ->
                              readers.getOrDefault(name, List.of()).stream()
                                  .allMatch(node -> block.nodes().contains(node.label())))
                      .toList();
              return !own.isEmpty() && own.stream().noneMatch(weights::contains);
            })
        .toList();
  }

  /** The model without a block, and without what only it used. */
  public Model without(Block block) {
    return without(List.of(block));
  }

  /** The model without these blocks, and without what only they used. */
  public Model without(Collection<Block> blocks) {
    var same = new HashMap<String, String>();
    var norms = new HashMap<String, String>();
    for (Block block : blocks) {
      if (!all.contains(block)) {
        throw new InvalidInputException("no block '" + block.name() + "' in this model");
      }
      Node sum = producers.get(block.output());
      if (isSummingNorm(sum)) {
        norms.put(block.output(), block.input());
        sum.output(SUM).ifPresent(output -> same.put(output, block.input()));
      } else {
        same.put(block.output(), block.input());
      }
    }
    var nodes = new ArrayList<Node>();
    for (Node node : graph.nodes()) {
      String output = node.outputs().getFirst();
      if (norms.containsKey(output)) {
        nodes.add(normOf(source(norms.get(output), same), node));
        // nothing else makes the sum, which may be an output of the model
        node.output(SUM)
            .filter(sum -> outputs.contains(sum) || capturedBySubgraph(sum))
            .ifPresent(
                sum -> nodes.add(Node.of("Identity", List.of(source(sum, same)), List.of(sum))));
      } else if (!same.containsKey(output)) {
        nodes.add(node.withInputs(node.inputs().stream().map(in -> source(in, same)).toList()));
      } else if (outputs.contains(output) || capturedBySubgraph(output)) {
        nodes.add(Node.of("Identity", List.of(source(output, same)), List.of(output)));
      }
    }
    return new RemoveDeadNodes().apply(model.withGraph(graph.withNodes(nodes)));
  }

  /** Whether it normalises the sum of its first two inputs, as ONNX Runtime fuses them. */
  private static boolean isSummingNorm(Node node) {
    return node.domain().equals("com.microsoft")
        && (node.op().equals("SkipLayerNormalization")
            || node.op().equals("SkipSimplifiedLayerNormalization"))
        && node.output(1).isEmpty()
        && node.output(2).isEmpty();
  }

  /** What is added to the sum beside its two inputs, by its place in a fused normalisation. */
  private static int biasPlace(Node norm) {
    return norm.op().equals("SkipLayerNormalization") ? 4 : 3;
  }

  /**
   * The norm of {@code x} alone, as that of {@code x + x}: with four times the epsilon it is the
   * same, in any opset and kind of norm.
   */
  private static Node normOf(String x, Node norm) {
    var inputs =
        new ArrayList<>(norm.inputs().subList(0, Math.min(biasPlace(norm), norm.inputs().size())));
    inputs.set(0, x);
    inputs.set(1, x);
    float epsilon = norm.real("epsilon", 1e-12f);
    return norm.withInputs(inputs)
        .withOutputs(norm.outputs().subList(0, Math.min(SUM, norm.outputs().size())))
        .with("epsilon", Attribute.of(4 * epsilon));
  }

  private static String source(String value, Map<String, String> same) {
    String source = value;
    while (same.containsKey(source)) {
      source = same.get(source);
    }
    return source;
  }

  private boolean capturedBySubgraph(String value) {
    return readers.getOrDefault(value, List.of()).stream()
        .anyMatch(node -> !node.inputs().contains(value));
  }

  private Optional<Block> block(Node sum, int at, Shapes shapes, Map<String, Tensor> parameters) {
    for (int k = 0; k < 2; k++) {
      String input = sum.inputs().get(k);
      String branch = sum.inputs().get(1 - k);
      if (producers.containsKey(branch)
          && !fixed.contains(input)
          && isOneShape(sum, shapes)
          && comesFrom(branch, input)) {
        List<Node> nodes = dying(branch, sum, at);
        if (nodes.stream().anyMatch(this::isLinearLayer)) {
          return Optional.of(
              new Block(
                  sum.label(),
                  input,
                  branch,
                  sum.outputs().getFirst(),
                  nodes.stream().map(Node::label).toList(),
                  parameters(nodes, parameters)
                      + bias(sum).map(parameters::get).map(Tensor::size).orElse(0L),
                  last(branch, sum)));
        }
      }
    }
    return Optional.empty();
  }

  /** What makes zero what a sum adds to the input. */
  private Set<String> last(String branch, Node sum) {
    Set<String> last = new HashSet<>(weights.last(branch));
    Optional<String> bias = bias(sum);
    if (last.isEmpty() || (bias.isPresent() && !graph.isInitializer(bias.get()))) {
      return Set.of();
    }
    bias.ifPresent(last::add);
    return last;
  }

  /** The bias that a fused normalisation adds with the branch. */
  static Optional<String> bias(Node sum) {
    return isSummingNorm(sum) ? sum.input(biasPlace(sum)) : Optional.empty();
  }

  private static boolean isOneShape(Node sum, Shapes shapes) {
    Optional<Shape> shape = shapes.shape(sum.outputs().getFirst());
    return shape.isPresent()
        && shape.get().dims().stream().noneMatch(dim -> dim instanceof Dim.Unknown)
        && sum.inputs().subList(0, 2).stream().allMatch(input -> shapes.shape(input).equals(shape));
  }

  private boolean comesFrom(String value, String source) {
    var seen = new HashSet<String>();
    var pending = new ArrayDeque<String>(List.of(value));
    while (!pending.isEmpty()) {
      String next = pending.pop();
      if (next.equals(source)) {
        return true;
      }
      if (seen.add(next) && producers.containsKey(next)) {
        pending.addAll(Graph.uses(producers.get(next)));
      }
    }
    return false;
  }

  /** The nodes that nothing needs where {@code branch} isn't added, in graph order. */
  private List<Node> dying(String branch, Node sum, int at) {
    Set<Node> dead = Collections.newSetFromMap(new IdentityHashMap<>());
    var nodes = new ArrayList<Node>();
    for (Node node : graph.nodes().subList(0, at).reversed()) {
      boolean needed = false;
      boolean read = false;
      for (String output : node.outputs()) {
        needed |= outputs.contains(output);
        for (Node reader : readers.getOrDefault(output, List.of())) {
          read = true;
          needed |=
              !(dead.contains(reader)
                  || (reader.outputs().equals(sum.outputs()) && output.equals(branch)));
        }
      }
      if (read && !needed) {
        dead.add(node);
        nodes.addFirst(node);
      }
    }
    return nodes;
  }

  private boolean isLinearLayer(Node node) {
    return LINEAR.contains(node.op()) && node.inputs().stream().anyMatch(fixed::contains);
  }

  private long parameters(List<Node> nodes, Map<String, Tensor> parameters) {
    Set<Node> going = Collections.newSetFromMap(new IdentityHashMap<>());
    going.addAll(nodes);
    long sum = 0;
    for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
      List<Node> users = readers.getOrDefault(parameter.getKey(), List.of());
      if (!users.isEmpty() && going.containsAll(users)) {
        sum += parameter.getValue().size();
      }
    }
    return sum;
  }
}
