package org.espalier.prune.coupling;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.espalier.graph.Node;

/** The rule of each operator, in its newest form, from the families that know them. */
final class TieRules {
  private final Map<String, TieRule> rules = new HashMap<>();

  TieRules(Granularity granularity) {
    List.of(
            ConvolutionTies.rules(),
            ProductTies.rules(),
            ElementwiseTies.rules(),
            NormalizationTies.rules(),
            PoolingTies.rules(),
            RecurrentTies.rules(),
            EinsumTies.rules(),
            ReductionTies.rules(),
            ConditionTies.rules(),
            ScatterTies.rules(),
            SamplingTies.rules(),
            QuantizationTies.rules(),
            GroupTies.rules(),
            CuttingTies.rules(),
            GatherTies.rules(),
            LayoutTies.rules(),
            new ReshapeTies(granularity).rules())
        .forEach(rules::putAll);
  }

  /** The operators that have a rule. */
  Set<String> operators() {
    return new TreeSet<>(rules.keySet());
  }

  Optional<TieRule> of(Node node) {
    return node.isStandard() ? Optional.ofNullable(rules.get(node.op())) : Optional.empty();
  }
}
