package org.espalier.prune.structured;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.rewrite.Block;
import org.espalier.prune.rewrite.Blocks;

/** The mean of |weight times gradient| over the weights that go with a block (SNIP). */
public final class BlockSensitivity {
  private BlockSensitivity() {}

  /** The sensitivity of each block; 0 for one without observed weights. */
  public static double[] of(Blocks blocks, Evidence evidence) {
    Map<String, Set<String>> weights = new HashMap<>();
    for (Node node : blocks.model().graph().nodes()) {
      var observed = new HashSet<>(node.inputs());
      observed.retainAll(evidence.weights());
      weights.computeIfAbsent(node.label(), label -> new HashSet<>()).addAll(observed);
    }
    double[] means = new double[blocks.all().size()];
    for (int k = 0; k < means.length; k++) {
      means[k] = mean(blocks.all().get(k), weights, blocks, evidence);
    }
    return means;
  }

  private static double mean(
      Block block, Map<String, Set<String>> weights, Blocks blocks, Evidence evidence) {
    double sum = 0;
    long count = 0;
    for (String node : block.nodes()) {
      for (String name : weights.getOrDefault(node, Set.of())) {
        Tensor weight = blocks.model().graph().initializer(name).orElseThrow();
        Tensor gradient = evidence.gradient(name);
        for (long at = 0; at < weight.size(); at++) {
          sum += Math.abs(weight.realAt(at) * gradient.realAt(at));
        }
        count += weight.size();
      }
    }
    return count == 0 ? 0 : sum / count;
  }
}
