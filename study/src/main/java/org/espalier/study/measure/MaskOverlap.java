package org.espalier.study.measure;

import java.util.Map;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Recipe;

/**
 * Which weights are left, and how far they are those that one-shot global magnitude would leave:
 * the overlap of two masks is the number of weights kept by both over that kept by either.
 */
final class MaskOverlap implements Measurement.OfTwo {
  @Override
  public String name() {
    return "mask-overlap";
  }

  @Override
  public String title() {
    return "what is left of each layer, and how much of it is what magnitude would keep";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    Map<String, Layer> after =
        pruned.layers().stream().collect(Collectors.toMap(Layer::weight, layer -> layer));
    long weights = 0;
    long kept = 0;
    for (Layer layer : dense.layers()) {
      weights += layer.size();
      kept += same(layer, after).nonzeros();
    }
    double sparsity = 1 - (double) kept / weights;
    Map<String, Mask> magnitude =
        Recipe.named("magnitude")
            .allocation(Allocation.GLOBAL)
            .sparsity(sparsity)
            .apply(dense.model())
            .masks()
            .byWeight();
    var table = new Findings.Table("layers", "layer", "weights", "kept", "density", "overlap");
    long[] all = new long[2];
    for (Layer layer : dense.layers()) {
      Tensor left = same(layer, after);
      long[] one = overlap(Mask.ofNonzeros(left), magnitude.get(layer.weight()));
      all[0] += one[0];
      all[1] += one[1];
      table =
          table.row(
              layer.weight(),
              layer.size(),
              (int) left.nonzeros(),
              100.0 * left.nonzeros() / layer.size(),
              ratio(one));
    }
    return Findings.NONE
        .and("density", 100.0 * kept / weights)
        .and("overlapWithMagnitude", ratio(all))
        .and(table);
  }

  private static Tensor same(Layer layer, Map<String, Layer> after) {
    Layer other = after.get(layer.weight());
    if (other == null || !other.tensor().shape().equals(layer.tensor().shape())) {
      throw new InvalidInputException(
          "'%s' is %s in the one network and %s in the other: masks compare weights of one shape"
              .formatted(
                  layer.weight(),
                  layer.tensor().shape(),
                  other == null ? "missing" : other.tensor().shape()));
    }
    return other.tensor();
  }

  /** How many weights both keep, and how many either. */
  static long[] overlap(Mask one, Mask other) {
    long both = one.and(other).kept();
    return new long[] {both, one.kept() + (long) other.kept() - both};
  }

  private static double ratio(long[] counts) {
    return counts[1] == 0 ? 1 : (double) counts[0] / counts[1];
  }
}
