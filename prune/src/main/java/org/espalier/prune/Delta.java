package org.espalier.prune;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.SeenAs;

/**
 * What fine-tuning changed of a network. Any method can prune it: the weights that it sees are the
 * changes, and what it observes is the fine-tuned network. Layers that the base lacks, by name and
 * shape, are kept whole.
 */
public final class Delta {
  private final Model tuned;
  private final Map<String, Tensor> after;
  private final Map<String, Tensor> before;
  private final Map<String, Tensor> changes = new LinkedHashMap<>();
  private final Set<String> whole = new LinkedHashSet<>();

  /**
   * The change of a network.
   *
   * @param base the network before it was fine-tuned
   */
  public Delta(Model tuned, Model base) {
    this.tuned = tuned;
    after = Constants.of(tuned.graph());
    before = Constants.of(base.graph());
    for (Layer layer : Layers.of(tuned).layers()) {
      String weight = layer.weight();
      Tensor old = before.get(weight);
      if (old == null || !old.shape().equals(after.get(weight).shape())) {
        whole.add(weight);
      } else {
        changes.put(weight, minus(after.get(weight), old));
      }
    }
    if (changes.isEmpty()) {
      throw new InvalidInputException(
          "the base has none of the network's %d prunable weights, by name and shape"
              .formatted(whole.size()));
    }
  }

  private static Tensor minus(Tensor after, Tensor before) {
    Tensor change = after.copy();
    for (long k = 0; k < change.size(); k++) {
      change.setReal(k, after.realAt(k) - before.realAt(k));
    }
    return change;
  }

  /**
   * The base with only so many of the changes; what no method prunes, such as biases, is as
   * fine-tuned. Masks and counts are of changes.
   *
   * @param evidence of the fine-tuned network
   */
  public Outcome prune(Recipe recipe, Evidence evidence) {
    Model delta = tuned.withGraph(Constants.replace(tuned.graph(), changes));
    var dense = new LinkedHashSet<>(recipe.dense());
    dense.addAll(whole);
    Outcome outcome =
        recipe.keepDense(dense).apply(delta, new SeenAs(evidence, this::merged, this::merged));
    return new Outcome(merged(outcome.model()), outcome.masks(), outcome.certificate());
  }

  /** The base with the changes that a model has for weights. */
  private Model merged(Model delta) {
    Map<String, Tensor> now = Constants.of(delta.graph());
    var merged = new LinkedHashMap<String, Tensor>();
    changes.keySet().forEach(weight -> merged.put(weight, merged(weight, now.get(weight))));
    return delta.withGraph(Constants.replace(delta.graph(), merged));
  }

  /** A weight of the base with a change. */
  private Tensor merged(String weight, Tensor change) {
    Tensor all = changes.get(weight);
    if (all == null) {
      return change;
    }
    Tensor merged = after.get(weight).copy();
    for (long k = 0; k < merged.size(); k++) {
      // Where a change is kept as it was, rounding must not move the weight.
      if (change.realAt(k) != all.realAt(k)) {
        merged.setReal(k, before.get(weight).realAt(k) + change.realAt(k));
      }
    }
    return merged;
  }
}
