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
    Reduction.register(rules);
    Products.register(rules);
    return Collections.unmodifiableMap(new TreeMap<>(rules));
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
