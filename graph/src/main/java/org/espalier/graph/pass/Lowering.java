package org.espalier.graph.pass;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.infer.Shapes;

/**
 * Composite operators of a canonical model written in primitives, so that an executor needs rules
 * for primitives alone.
 *
 * <p>Results agree to rounding, and keep the precision that ONNX asks for: LayerNormalization's
 * {@code stash_type}, Attention's {@code softmax_precision}. Gradients stay finite where the
 * composite's are: no branch of a formula overflows for inputs that another branch handles.
 */
public final class Lowering {
  private static final Map<String, Rule> RULES =
      Map.ofEntries(
          entry("Gelu", Activations::gelu),
          entry("Mish", Activations::mish),
          entry("HardSigmoid", Activations::hardSigmoid),
          entry("HardSwish", Activations::hardSwish),
          entry("Swish", Activations::swish),
          entry("SwiGLU", Activations::swiGlu),
          entry("Celu", Activations::celu),
          entry("Selu", Activations::selu),
          entry("Softsign", Activations::softsign),
          entry("Shrink", Activations::shrink),
          entry("ThresholdedRelu", Activations::thresholdedRelu),
          entry("Hardmax", Activations::hardmax),
          entry("CastLike", Activations::castLike),
          entry("LayerNormalization", Normalizations::layer),
          entry("RMSNormalization", Normalizations::rms),
          entry("GroupNormalization", Normalizations::group),
          entry("InstanceNormalization", Normalizations::instance),
          entry("MeanVarianceNormalization", Normalizations::meanVariance),
          entry("LpNormalization", Normalizations::lp),
          entry("LRN", Normalizations::localResponse),
          entry("ReduceL1", Reductions::l1),
          entry("ReduceL2", Reductions::l2),
          entry("ReduceSumSquare", Reductions::sumSquare),
          entry("ReduceLogSum", Reductions::logSum),
          entry("ReduceLogSumExp", Reductions::logSumExp),
          entry("DynamicQuantizeLinear", Quantized::dynamic),
          entry("MatMulInteger", Quantized::matMulInteger),
          entry("ConvInteger", Quantized::convInteger),
          entry("QLinearMatMul", Quantized::linearMatMul),
          entry("QLinearConv", Quantized::linearConv),
          entry("Attention", AttentionRule::lower),
          entry("RotaryEmbedding", Rotary::lower),
          entry("TensorScatter", Rotary::tensorScatter));

  private Lowering() {}

  /**
   * The model with its composites lowered.
   *
   * @param model in canonical form, as {@link Canonical} gives it
   * @param keep operators to leave as they are, which the executor takes whole
   */
  public static Model of(Model model, Set<String> keep) {
    if (model.graph().nodes().stream().noneMatch(node -> isLowered(node, keep))) {
      return model;
    }
    var rewriting = new Rewriting(model.graph(), Shapes.infer(model), keep);
    Graph graph = lower(model.graph(), rewriting, keep);
    var initializers = new LinkedHashMap<>(graph.initializers());
    initializers.putAll(rewriting.added());
    return model.withGraph(InlineFunctions.withInitializers(graph, initializers));
  }

  private static boolean isLowered(Node node, Set<String> keep) {
    return (node.isStandard() && RULES.containsKey(node.op()) && !keep.contains(node.op()))
        || node.subgraphs().stream()
            .flatMap(graph -> graph.nodes().stream())
            .anyMatch(inner -> isLowered(inner, keep));
  }

  private static Graph lower(Graph graph, Rewriting rewriting, Set<String> keep) {
    var nodes = new ArrayList<Node>();
    for (Node node : graph.nodes()) {
      Node whole = node.withSubgraphs(subgraph -> lower(subgraph, rewriting, keep));
      boolean composite =
          node.isStandard() && RULES.containsKey(node.op()) && !keep.contains(node.op());
      nodes.addAll(
          composite
              ? rewriting.rewrite(whole, Canonical.OPSET, RULES.get(node.op()))
              : List.of(whole));
    }
    return graph.withNodes(nodes);
  }

  /** Names of the operators that are lowered. */
  public static Set<String> operators() {
    return new TreeSet<>(RULES.keySet());
  }
}
