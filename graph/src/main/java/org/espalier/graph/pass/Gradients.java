package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/**
 * Spells out {@code ai.onnx.preview.training.Gradient} where what it differentiates is made of sums
 * and products of one shape. Others stay, for executors to refuse.
 */
final class Gradients {
  private static final String DOMAIN = "ai.onnx.preview.training";

  private final Graph graph;
  private final Shapes shapes;
  private final Names names;
  private final Map<String, String> gradients = new HashMap<>();
  private final List<Node> made = new ArrayList<>();

  private Gradients(Model model, Names names) {
    this.graph = model.graph();
    this.shapes = Shapes.infer(model);
    this.names = names;
  }

  static Model spelledOut(Model model) {
    List<Node> all = model.graph().nodes();
    if (all.stream().noneMatch(Gradients::isGradient)) {
      return model;
    }
    var names = new Names(model.graph());
    var nodes = new ArrayList<Node>();
    for (Node node : all) {
      var instead = Optional.<List<Node>>empty();
      if (isGradient(node)) {
        instead = new Gradients(model, names).of(node);
      }
      nodes.addAll(instead.orElse(List.of(node)));
    }
    return model.withGraph(model.graph().withNodes(nodes));
  }

  private static boolean isGradient(Node node) {
    return node.domain().equals(DOMAIN) && node.op().equals("Gradient");
  }

  private Optional<List<Node>> of(Node node) {
    List<String> xs = node.strings("xs").stream().map(Object::toString).toList();
    var arguments = new ArrayList<>(xs);
    node.strings("zs").forEach(z -> arguments.add(z.toString()));
    String y = node.text("y", "");
    if (!node.inputs().equals(arguments) || y.isEmpty()) {
      return Optional.empty(); // taken at another place than the graph's own
    }
    if (!graph.inputs().stream().map(ValueInfo::name).toList().containsAll(xs)) {
      return Optional.empty(); // whether a value in between varies on its own isn't defined
    }
    if (graph.nodes().stream().noneMatch(n -> n.outputs().contains(y))) {
      return Optional.empty(); // of a value that nothing makes
    }
    gradients.put(y, filled(y, 1));
    Set<String> follows = following(xs);
    for (Node step : graph.nodes().reversed()) {
      String output = step.outputs().isEmpty() ? "" : step.outputs().getFirst();
      boolean passes =
          gradients.containsKey(output) && follows.contains(output) && !xs.contains(output);
      if (passes && !passOn(step, gradients.get(output))) {
        return Optional.empty();
      }
    }
    for (int k = 0; k < xs.size(); k++) {
      String x = xs.get(k);
      String result = gradients.containsKey(x) ? gradients.get(x) : filled(x, 0);
      node.output(k).ifPresent(o -> made.add(Node.of("Identity", List.of(result), List.of(o))));
    }
    return Optional.of(made);
  }

  /** The values that depend on these. */
  private Set<String> following(List<String> xs) {
    var follows = new HashSet<>(xs);
    for (Node node : graph.nodes()) {
      if (node.inputs().stream().anyMatch(follows::contains)) {
        follows.addAll(node.outputs());
      }
    }
    return follows;
  }

  private boolean passOn(Node step, String gradient) {
    boolean sameShapes =
        step.inputs().stream()
            .allMatch(
                input ->
                    shapes.shape(input).isPresent()
                        && shapes.shape(input).equals(shapes.shape(step.outputs().getFirst())));
    if (!step.isStandard() || !sameShapes) {
      return false;
    }
    List<String> in = step.inputs();
    switch (step.op()) {
      case "Identity", "Add", "Sum" -> in.forEach(input -> add(input, gradient));
      case "Neg" -> add(in.getFirst(), node("Neg", gradient));
      case "Sub" -> {
        add(in.get(0), gradient);
        add(in.get(1), node("Neg", gradient));
      }
      case "Mul" -> {
        add(in.get(0), node("Mul", gradient, in.get(1)));
        add(in.get(1), node("Mul", gradient, in.get(0)));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void add(String value, String gradient) {
    String before = gradients.get(value);
    gradients.put(value, before == null ? gradient : node("Add", before, gradient));
  }

  private String node(String op, String... inputs) {
    String output = names.fresh("gradient");
    made.add(Node.of(op, List.of(inputs), List.of(output)));
    return output;
  }

  /** One number in the shape of {@code value}. */
  private String filled(String value, float number) {
    String shape = node("Shape", value);
    String output = names.fresh("gradient");
    Map<String, Attribute> fill = Map.of("value", Attribute.of(Tensor.of(new float[] {number}, 1)));
    made.add(Node.of("ConstantOfShape", List.of(shape), List.of(output), fill));
    return output;
  }
}
