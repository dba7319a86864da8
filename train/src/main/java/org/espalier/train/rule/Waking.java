package org.espalier.train.rule;

import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import org.espalier.graph.Tensor;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Pattern;
import org.espalier.prune.Scores;
import org.espalier.prune.Selection;

/** The part of a pruning that makes units fire more often. */
final class Waking {
  private Waking() {}

  /**
   * Prunes the negative weights that have moved least, in one ranking over all layers; no layer
   * loses its last weight.
   *
   * @param held what is pruned already
   * @param before the weights that movement is counted from
   * @param count how many go; fewer where there are too few negative ones
   */
  static Masks pruned(List<Layer> layers, Masks held, Function<Layer, Tensor> before, long count) {
    long negative = 0;
    for (Layer layer : layers) {
      Mask mask = held.byWeight().get(layer.weight());
      BitSet alive = mask.bits();
      long found = alive.stream().filter(k -> layer.tensor().floatAt(k) < 0).count();
      negative += Math.min(found, Math.max(0, mask.kept() - 1));
    }
    long prune = Math.min(count, negative);
    if (prune == 0) {
      return held;
    }
    List<Scores> scores =
        layers.stream()
            .map(
                layer ->
                    movement(layer, before.apply(layer))
                        .within(held.byWeight().get(layer.weight())))
            .toList();
    return new Selection(new Pattern.Unstructured(), Allocation.GLOBAL)
        .masks(layers, scores, held.pruned() + prune);
  }

  private static Scores movement(Layer layer, Tensor before) {
    return Scores.of(
        layer,
        (row, column, weight) ->
            weight < 0
                ? Math.abs(weight - before.floatAt(layer.index(row, column)))
                : Float.POSITIVE_INFINITY);
  }
}
