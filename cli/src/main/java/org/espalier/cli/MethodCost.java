package org.espalier.cli;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.prune.Method;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.structured.StructuredMethod;

/** What a method costs, in words, as its declarations tell. */
final class MethodCost {
  private MethodCost() {}

  static String of(Method method) {
    if (method.trains()) {
      return "a training";
    }
    Set<Need> needs = needs(method);
    String observed =
        needs.isEmpty()
            ? "no data: the weights are read once"
            : needs.stream().map(MethodCost::words).distinct().collect(Collectors.joining("; "));
    if (method instanceof WeightMethod weights) {
      String sequence = weights.inSequence() ? ", layer by layer on what is pruned already" : "";
      String stages = weights.stages() > 1 ? ", in %d stages, each of which observes anew" : "";
      return observed + sequence + stages.formatted(weights.stages());
    }
    if (method instanceof StructuredMethod structured && structured.steps() > 1) {
      return observed + ", in %d steps, each of which scores anew".formatted(structured.steps());
    }
    return observed;
  }

  /** Whether it looks at data. */
  static boolean observes(Method method) {
    return !needs(method).isEmpty();
  }

  private static Set<Need> needs(Method method) {
    var needs = EnumSet.noneOf(Need.class);
    if (method instanceof WeightMethod weights) {
      needs.addAll(weights.needs());
      needs.addAll(weights.allocation().needs());
    } else if (method instanceof StructuredMethod structured) {
      needs.addAll(structured.needs());
    }
    return needs;
  }

  private static String words(Need need) {
    return switch (need) {
      case INPUTS, ROWS -> "a pass forward over the calibration data";
      case GRAM -> "a pass forward over the calibration data, and a matrix of each layer's inputs";
      case GRADIENTS, OUTPUT_GRADIENTS, FISHER_DIAGONAL ->
          "a pass forward and back over the calibration data";
      case GAUSS_NEWTON_DIAGONAL -> "eight passes forward and back over the calibration data";
      case HESSIAN_DIAGONAL -> "a pass back for each output of each layer, or for each weight";
      case SAMPLE_GRADIENTS -> "a gradient of all weights for each example";
      case OUTPUTS, LOSS -> "a pass forward for each change that is tried";
      case MASKED_GRADIENTS ->
          "a gradient of a layer's weights for each example and each change that is tried";
      case HESSIAN_VECTOR -> "a pass forward and twice back for each vector";
    };
  }
}
