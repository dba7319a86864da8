package org.espalier.graph.pass;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/**
 * Replaces each call of a model's own functions by the function's body.
 *
 * <p>Where a function is written in another version of ONNX's operators than the model, all nodes
 * come out in the newest one, as one graph can have one version only.
 */
final class InlineFunctions {
  private InlineFunctions() {}

  /**
   * The same model without functions.
   *
   * @throws InvalidInputException where a function calls itself, or a call doesn't fit its function
   */
  public static Model of(Model model) {
    if (model.functions().isEmpty()) {
      return model;
    }
    long opset = Expansion.opset(model.opsets());
    boolean mixed = model.functions().stream().anyMatch(f -> Expansion.opset(f.opsets()) != opset);
    return expanded(model, mixed, Set.of());
  }

  /** The model without functions, and in the newest operators where {@code upgrade} asks for it. */
  static Model expanded(Model model, boolean upgrade, Set<String> keep) {
    var calls = new Calls(model);
    var rewriting = new Rewriting(model.graph(), Shapes.infer(model), keep);
    var expansion = new Expansion(calls, rewriting, upgrade);
    Graph graph = expansion.graph(model.graph(), Expansion.opset(model.opsets()));
    var initializers = new LinkedHashMap<>(graph.initializers());
    initializers.putAll(rewriting.added());
    return new Model(
        model.irVersion(),
        model.producerName(),
        model.producerVersion(),
        model.domain(),
        model.modelVersion(),
        opsets(model, upgrade),
        withInitializers(graph, initializers),
        List.of(),
        model.details());
  }

  private static Map<String, Long> opsets(Model model, boolean upgrade) {
    var opsets = new LinkedHashMap<>(model.opsets());
    for (Function function : model.functions()) {
      function.opsets().forEach(opsets::putIfAbsent);
    }
    if (upgrade) {
      opsets.remove("ai.onnx");
      opsets.put("", Math.max(Canonical.OPSET, model.opset()));
    }
    return opsets;
  }

  static Graph withInitializers(Graph graph, Map<String, Tensor> initializers) {
    return graph.with(graph.nodes(), initializers);
  }
}
