package org.espalier.train.rule;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Pattern;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.Selection;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * Pruning in rounds, each of which trains first (Han et al., 2015), with a small part of each
 * round's budget for weights whose loss wakes dead units (AP: Liu et al., 2022, arXiv:2212.06145):
 * of the negative weights that a round has moved least, {@code activating} of all that were alive
 * go, after the smallest magnitudes made up the rest of the round. Where inputs aren't negative a
 * unit's sum can only rise by that. The same share of what is alive goes in each round.
 *
 * @param sparsity the share of weights that are zero after the last round
 * @param activating the share of living weights that go to wake units; 0 for the host alone
 * @param rounds how often it prunes
 * @param rewind whether kept weights start each round anew from where the training began, as
 *     lottery tickets do (Frankle and Carbin, 2019)
 */
public record IterativePruning(
    double sparsity, double activating, Allocation allocation, int rounds, boolean rewind)
    implements TrainingRule {
  public IterativePruning {
    if (!(sparsity >= 0 && sparsity < 1 && activating >= 0 && activating < 1) || rounds < 1) {
      throw new InvalidInputException(
          "%d rounds to a sparsity of %s, %s of it to wake units: expected 1 or more, 0 up to 1"
              .formatted(rounds, sparsity, activating));
    }
  }

  @Override
  public void begin(Step step) {
    step.layers().forEach(layer -> remember(step, layer));
  }

  private static void remember(Step step, Layer layer) {
    started(step, layer).data().copyFrom(layer.tensor().data());
  }

  private static Tensor started(Step step, Layer layer) {
    return step.memory("round/" + layer.weight(), DataType.FLOAT, layer.tensor().dims());
  }

  /** How many steps there have been when a round ends. Training goes on after the last. */
  private long endOf(int round, Step step) {
    return Math.max(round, step.steps() * round / (rounds + 1));
  }

  /** The round that ends with a step, from 1; 0 where none does. */
  private int roundAt(Step step) {
    for (int round = 1; round <= rounds; round++) {
      if (step.index() + 1 == endOf(round, step)) {
        return round;
      }
    }
    return 0;
  }

  /** How many weights are gone after a round. */
  long prunedAfter(int round, long all) {
    double kept = Math.pow(1 - sparsity, (double) round / rounds);
    return round == rounds ? Math.round(sparsity * all) : all - Math.round(kept * all);
  }

  @Override
  public void afterUpdate(Step step) {
    int round = roundAt(step);
    if (round == 0) {
      return;
    }
    List<Layer> layers = step.layers();
    long all = layers.stream().mapToLong(Layer::size).sum();
    Masks masks = step.masks().byWeight().isEmpty() ? all(layers) : step.masks();
    long target = prunedAfter(round, all);
    if (target > masks.pruned()) {
      long alive = all - masks.pruned();
      long waking = Math.min(Math.round(activating * alive), target - masks.pruned());
      Masks hosted = lowest(layers, masks, target - waking);
      Masks awake = Waking.pruned(layers, hosted, layer -> started(step, layer), waking);
      step.hold(lowest(layers, awake, target)); // where too few were negative
    }
    if (rewind) {
      rewind(step);
    }
    layers.forEach(layer -> remember(step, layer));
  }

  private static Masks all(List<Layer> layers) {
    var masks = new LinkedHashMap<String, Mask>();
    layers.forEach(layer -> masks.put(layer.weight(), Mask.all(layer.size())));
    return new Masks(masks);
  }

  private Masks lowest(List<Layer> layers, Masks held, long prune) {
    if (prune <= held.pruned()) {
      return held;
    }
    List<Scores> scores =
        layers.stream()
            .map(
                layer ->
                    Saliency.magnitude()
                        .score(layer, 0)
                        .within(held.byWeight().get(layer.weight())))
            .toList();
    return new Selection(new Pattern.Unstructured(), allocation).masks(layers, scores, prune);
  }

  /** Everything as it was before the training, but what is pruned; the optimiser forgets. */
  private static void rewind(Step step) {
    Map<String, Tensor> first = Constants.of(step.original().graph());
    step.weights()
        .forEach(
            (name, weight) -> {
              Tensor start = first.get(name);
              if (start != null && start.data().byteSize() == weight.data().byteSize()) {
                weight.data().copyFrom(start.data());
                step.slots(name).forEach(slot -> slot.data().fill((byte) 0));
              }
            });
    step.hold(step.masks());
  }

  @Override
  public boolean isSettled(Step step) {
    return step.index() + 1 >= endOf(rounds, step);
  }
}
