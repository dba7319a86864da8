package org.espalier.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
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

  /** Whether an input has a type that libtorch can hold and hardly compute with. */
  static boolean isNeeded(Call call) {
    for (Tensor input : call.inputs()) {
      if (input != null) {
        ScalarType type = input.scalar_type().intern();
        if (type == ScalarType.UInt16 || type == ScalarType.UInt32 || type == ScalarType.UInt64) {
          return true;
        }
      }
    }
    return false;
  }

  static Tensor[] apply(Call call) {
    List<org.espalier.graph.Tensor> inputs = new ArrayList<>();
    boolean differentiable = false;
    for (Tensor input : call.inputs()) {
      inputs.add(input == null ? null : Libtorch.copy(input));
      differentiable |= input != null && input.requires_grad();
    }
    List<org.espalier.graph.Tensor> outputs = Evaluator.evaluate(call.node(), inputs);
    Tensor[] results = new Tensor[outputs.size()];
    for (int k = 0; k < results.length; k++) {
      var output = outputs.get(k);
      if (output != null) {
        if (differentiable && output.type().isFloat() && GradMode.is_enabled()) {
          throw call.invalid("this operator has no gradient on libtorch");
        }
        results[k] = Libtorch.view(output).clone();
      }
    }
    return results;
  }
}
