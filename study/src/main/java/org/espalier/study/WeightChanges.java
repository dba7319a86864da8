package org.espalier.study;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;

/**
 * How a pruned model's constants differ from the original's.
 *
 * @param identical constants that are the same, byte for byte
 * @param masked constants that differ only where they are zero now
 * @param retrained constants whose other values changed too
 * @param removed elements that are zero and were not
 * @param mismatch why the two models can't be compared at all; empty where they can
 * @param zeros what stays of each masked constant
 */
public record WeightChanges(
    int identical,
    int masked,
    int retrained,
    long removed,
    String mismatch,
    @JsonIgnore Masks zeros) {

  static WeightChanges between(Model original, Model pruned) {
    String mismatch = mismatch(original.graph(), pruned.graph());
    if (!mismatch.isEmpty()) {
      return new WeightChanges(0, 0, 0, 0, mismatch, Masks.NONE);
    }
    Map<String, Tensor> before = Constants.of(original.graph());
    int identical = 0;
    int retrained = 0;
    long removed = 0;
    var zeros = new LinkedHashMap<String, Mask>();
    for (Map.Entry<String, Tensor> constant : Constants.of(pruned.graph()).entrySet()) {
      Tensor old = before.get(constant.getKey());
      Tensor now = constant.getValue();
      if (old.equals(now)) {
        identical++;
        continue;
      }
      removed += removed(old, now);
      Mask kept = Mask.ofNonzeros(now);
      if (now.type().bits() >= 8 && kept.apply(old).equals(now)) {
        zeros.put(constant.getKey(), kept);
      } else {
        retrained++;
      }
    }
    return new WeightChanges(identical, zeros.size(), retrained, removed, "", new Masks(zeros));
  }

  private static long removed(Tensor old, Tensor now) {
    long removed = 0;
    for (long k = 0; k < now.size(); k++) {
      removed += now.realAt(k) == 0 && old.realAt(k) != 0 ? 1 : 0;
    }
    return removed;
  }

  private static String mismatch(Graph original, Graph pruned) {
    if (!names(original.requiredInputs()).equals(names(pruned.requiredInputs()))) {
      return "the inputs differ: %s and %s"
          .formatted(names(original.requiredInputs()), names(pruned.requiredInputs()));
    }
    if (!names(original.outputs()).equals(names(pruned.outputs()))) {
      return "the outputs differ: %s and %s"
          .formatted(names(original.outputs()), names(pruned.outputs()));
    }
    Map<String, Tensor> before = Constants.of(original);
    for (Map.Entry<String, Tensor> constant : Constants.of(pruned).entrySet()) {
      Tensor old = before.get(constant.getKey());
      if (old == null) {
        return "constant '" + constant.getKey() + "' is not in the original";
      }
      if (old.type() != constant.getValue().type()
          || !old.shape().equals(constant.getValue().shape())) {
        return "constant '%s' is %s, and %s in the original"
            .formatted(constant.getKey(), constant.getValue(), old);
      }
    }
    return "";
  }

  private static List<String> names(List<ValueInfo> values) {
    return values.stream().map(ValueInfo::name).toList();
  }
}
