package org.espalier.torch;

import java.util.List;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.eval.Evaluator;

/**
 * The reference evaluation in plain Java, for operators and integer types that libtorch hasn't got.
 * It knows no gradients and says so rather than cut one off.
 */
final class Fallback {
  private Fallback() {}

  static boolean supports(Node node) {
    return Evaluator.supports(node);
  }

  /** Whether libtorch has tensors of this type and operators on them. */
  static boolean isNative(DataType type) {
    return Libtorch.has(type)
        && type != DataType.UINT16
        && type != DataType.UINT32
        && type != DataType.UINT64;
  }

  /** Whether an input has a type that libtorch hardly computes with, and plain Java does. */
  static boolean isNeeded(Call call) {
    for (Tensor input : call.inputs()) {
      if (input != null && !isNative(Libtorch.type(input.scalar_type()))) {
        return supports(call.node());
      }
    }
    return false;
  }

  /**
   * @param differentiable whether someone may ask for a gradient through this node
   */
  static List<org.espalier.graph.Tensor> apply(
      Node node, List<org.espalier.graph.Tensor> inputs, boolean differentiable) {
    List<org.espalier.graph.Tensor> outputs = Evaluator.evaluate(node, inputs);
    if (differentiable && GradMode.is_enabled()) {
      for (var output : outputs) {
        if (output != null && output.type().isFloat()) {
          throw new InvalidInputException(
              "node '%s' (%s): no gradient on libtorch".formatted(node.label(), node.op()));
        }
      }
    }
    return outputs;
  }
}
