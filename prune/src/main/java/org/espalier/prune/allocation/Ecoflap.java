package org.espalier.prune.allocation;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.Allocation;
import org.espalier.prune.Counts;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;
import org.espalier.prune.RandomStreams;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Finite;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * Coarse to fine (ECoFLaP, Sung et al., 2024): what a layer keeps above a floor is proportional to
 * how much the loss changes when its weights are shaken, told by forward passes alone. Layers are
 * its own blocks.
 */
public final class Ecoflap implements Allocation {
  private static final double STEP = 1e-3;

  /** How much sparser than all layers together a layer may be at most. */
  private static final double MARGIN = 0.1;

  @Override
  public String name() {
    return "ecoflap";
  }

  @Override
  public boolean ranks() {
    return false;
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.LOSS);
  }

  @Override
  public long[] counts(Demand demand) {
    int count = demand.layers().size();
    long[] floors = new long[count];
    long[] sizes = new long[count];
    double floor = Math.max(0, demand.density() - MARGIN);
    for (int k = 0; k < count; k++) {
      sizes[k] = demand.standing(k).kept();
      floors[k] = Math.min(sizes[k], (long) Math.ceil(floor * demand.layers().get(k).size()));
    }
    long budget = Math.min(demand.size() - demand.prune(), LongStream.of(sizes).sum());
    double[] importance = new double[count];
    for (int k = 0; k < count; k++) {
      importance[k] = importance(demand.evidence(), demand.layers().get(k), demand.seed());
    }
    long[] kept = keep(importance, floors, sizes, budget);
    double[] densities = new double[count];
    Arrays.setAll(densities, k -> (double) kept[k] / demand.layers().get(k).size());
    return Counts.of(demand, densities);
  }

  /** The sum over batches of |L(W + ez) - L(W - ez)| / 2e, each for a normal z of its own. */
  static double importance(Evidence evidence, Layer layer, long seed) {
    var random = RandomStreams.of(seed, layer.weight());
    double[] sum = new double[1];
    evidence.forEachBatch(
        (model, inputs, targets) -> {
          org.espalier.graph.Tensor live = model.weights().get(layer.weight());
          org.espalier.graph.Tensor saved = live.copy();
          try (var _ = new AutoGradMode(false)) {
            Tensor weights = Libtorch.view(saved);
            Tensor noise = noise(random, live).mul(new Scalar(STEP));
            Libtorch.view(live).copy_(weights.add(noise));
            double above = loss(evidence, inputs, targets);
            Libtorch.view(live).copy_(weights.sub(noise));
            double below = loss(evidence, inputs, targets);
            sum[0] += Math.abs(above - below) / (2 * STEP);
          } finally {
            live.data().copyFrom(saved.data());
          }
        });
    return sum[0];
  }

  private static double loss(Evidence evidence, Map<String, Tensor> inputs, Tensor targets) {
    return Finite.checked(evidence.loss(inputs, targets), "the loss").item().toDouble();
  }

  private static Tensor noise(SplittableRandom random, org.espalier.graph.Tensor like) {
    float[] values = new float[Math.toIntExact(like.size())];
    for (int k = 0; k < values.length; k++) {
      values[k] = (float) random.nextGaussian();
    }
    return Libtorch.view(org.espalier.graph.Tensor.of(values, like.dims()));
  }

  /**
   * How many weights each layer keeps: its floor, and of the rest of the budget shares proportional
   * to its importance as long as it has any left. Shares are rounded up; what is then too much is
   * taken from the layers that keep most.
   */
  static long[] keep(double[] importance, long[] floors, long[] sizes, long budget) {
    long[] kept = floors.clone();
    double[] open = importance.clone();
    long rest;
    while ((rest = budget - LongStream.of(kept).sum()) > 0) {
      double sum = 0;
      for (int k = 0; k < kept.length; k++) {
        open[k] = kept[k] == sizes[k] ? 0 : open[k];
        sum += open[k];
      }
      for (int k = 0; k < kept.length; k++) {
        double share = sum > 0 ? open[k] / sum : 1.0 / kept.length;
        kept[k] = Math.min(sizes[k], kept[k] + (long) Math.ceil(share * rest));
      }
    }
    for (; rest < 0; rest++) {
      int largest = -1;
      for (int k = 0; k < kept.length; k++) {
        if (kept[k] > floors[k] && (largest < 0 || kept[k] > kept[largest])) {
          largest = k;
        }
      }
      if (largest < 0) {
        break; // the floors alone are too much
      }
      kept[largest]--;
    }
    return kept;
  }

  @Override
  public String toString() {
    return name();
  }
}
