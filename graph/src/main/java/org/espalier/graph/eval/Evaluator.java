package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;

/**
 * The reference evaluation of single nodes in plain Java.
 *
 * <p>A node is taken in the form of the newest operator set: axes, pads and the like are inputs.
 * Floats are computed in double where that costs little and rounded once at the end.
 */
public final class Evaluator {
  private static final Map<String, Rule> RULES = rules();

  /** Attributes of older operator sets that have become inputs; such a node is refused. */
  private static final Map<String, Set<String>> OUTDATED = outdated();

  private Evaluator() {}

  private static Map<String, Rule> rules() {
    var rules = new HashMap<String, Rule>();
    Unary.register(rules);
    Activation.register(rules);
    Arithmetic.register(rules);
    Logic.register(rules);
    Casting.register(rules);
    Shaping.register(rules);
    Moving.register(rules);
    Gathering.register(rules);
    Scattering.register(rules);
    Padding.register(rules);
    Reduction.register(rules);
    Cumulation.register(rules);
    Ordering.register(rules);
    Softmaxes.register(rules);
    Quantization.register(rules);
    Resizing.register(rules);
    Einsum.register(rules);
    Convolution.register(rules);
    Pooling.register(rules);
    Normalization.register(rules);
    Products.register(rules);
    TextNormalization.register(rules);
    Recurrent.register(rules);
    GridSampling.register(rules);
    BoxSelection.register(rules);
    RoiAlign.register(rules);
    Spectra.register(rules);
    Spreading.register(rules);
    Deformable.register(rules);
    Distinct.register(rules);
    Determinant.register(rules);
    return Collections.unmodifiableMap(new TreeMap<>(rules));
  }

  private static Map<String, Set<String>> outdated() {
    var outdated = new HashMap<String, Set<String>>();
    for (String op : RULES.keySet()) {
      outdated.put(op, Set.of("consumed_inputs", "broadcast"));
      if (op.startsWith("Reduce")) {
        outdated.put(op, Set.of("axes"));
      }
    }
    outdated.put("BatchNormalization", Set.of("spatial", "is_test", "consumed_inputs"));
    outdated.put("Squeeze", Set.of("axes"));
    outdated.put("Unsqueeze", Set.of("axes"));
    outdated.put("Slice", Set.of("starts", "ends", "axes"));
    outdated.put("Split", Set.of("split"));
    outdated.put("Pad", Set.of("pads", "paddings", "value"));
    outdated.put("Clip", Set.of("min", "max"));
    outdated.put("Dropout", Set.of("ratio", "is_test"));
    outdated.put("TopK", Set.of("k"));
    outdated.put("Reshape", Set.of("shape"));
    outdated.put("Tile", Set.of("tiles"));
    return outdated;
  }

  /** The operators of ONNX's own set that have a rule, in alphabetical order. */
  public static Set<String> operators() {
    return RULES.keySet();
  }

  /** Whether the node's operator has a rule; a type that it can't handle shows when it is run. */
  public static boolean supports(Node node) {
    return node.isStandard() && RULES.containsKey(node.op());
  }

  /**
   * Evaluates one node.
   *
   * @param inputs a tensor for each of the node's inputs, null for an absent optional one
   * @return a tensor for each of the node's outputs, null for one that the node leaves out; an
   *     output may share the memory of an input
   * @throws InvalidInputException where an input or attribute doesn't fit, naming the node
   * @throws UnsupportedModelException where there is no rule for the operator or the element type
   */
  public static List<Tensor> evaluate(Node node, List<Tensor> inputs) {
    if (!supports(node)) {
      throw new UnsupportedModelException(
          List.of(new Unsupported(node.label(), node.op(), "no rule for this operator")));
    }
    var call = new Call(node, inputs);
    for (String attribute : OUTDATED.get(node.op())) {
      if (node.has(attribute)) {
        throw call.unsupported("attribute '" + attribute + "' is of an older operator set");
      }
    }
    List<Tensor> results = RULES.get(node.op()).apply(call);
    var outputs = new ArrayList<Tensor>();
    for (int k = 0; k < node.outputs().size(); k++) {
      boolean wanted = node.output(k).isPresent();
      if (wanted && k >= results.size()) {
        throw call.invalid(
            "output %d of %d, '%s'".formatted(k, results.size(), node.outputs().get(k)));
      }
      outputs.add(wanted ? results.get(k) : null);
    }
    return outputs;
  }
}
