package org.espalier.prune.allocation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.prune.Allocation;
import org.espalier.prune.Counts;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Selection;
import org.espalier.prune.evidence.Need;

/**
 * Rate and distortion (Xu et al., 2023): how far the network's outputs move when one layer alone is
 * pruned, for some amounts of each layer, and then the amounts whose errors sum to the least within
 * the budget, by dynamic programming. Errors add up while they are small; near collapse they don't.
 *
 * <p>The paper measures 101 equal steps. Here they are finer where little is kept, which takes a
 * fifth of the passes.
 */
public final class RateDistortion implements Allocation {
  private static final double[] KEPT = {
    1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005,
    0
  };
  private static final int SAMPLES = 256;
  private static final int STATES = 10_000;

  @Override
  public String name() {
    return "rd";
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.OUTPUTS);
  }

  @Override
  public long[] counts(Demand demand) {
    Mask[][] masks = new Mask[demand.layers().size()][KEPT.length];
    long[][] kept = new long[masks.length][KEPT.length];
    for (int k = 0; k < masks.length; k++) {
      Layer layer = demand.layers().get(k);
      long standing = demand.standing(k).kept();
      for (int amount = 0; amount < KEPT.length; amount++) {
        long most = Math.max(1, Math.min(standing, Math.round(KEPT[amount] * layer.size())));
        masks[k][amount] =
            new Selection(demand.pattern(), Allocation.UNIFORM)
                .masks(List.of(layer), List.of(demand.scores().get(k)), layer.size() - most)
                .byWeight()
                .get(layer.weight());
        kept[k][amount] = masks[k][amount].kept();
      }
    }
    int[] chosen = choose(errors(demand, masks, kept), kept, demand.size() - demand.prune());
    double[] densities = new double[chosen.length];
    Arrays.setAll(densities, k -> (double) kept[k][chosen[k]] / demand.layers().get(k).size());
    return Counts.of(demand, densities);
  }

  /**
   * The distortion of the worst example, by layer and amount.
   *
   * @param kept how many weights each leaves, with as many as there are where nothing goes
   */
  private static double[][] errors(Demand demand, Mask[][] masks, long[][] kept) {
    var places = new ArrayList<int[]>();
    var changes = new ArrayList<Map<String, Mask>>();
    for (int k = 0; k < masks.length; k++) {
      long standing = demand.standing(k).kept();
      for (int amount = 0; amount < KEPT.length; amount++) {
        if (kept[k][amount] < standing) {
          places.add(new int[] {k, amount});
          changes.add(Map.of(demand.layers().get(k).weight(), masks[k][amount]));
        }
      }
    }
    List<Distortion> distortions = Distortion.of(demand.evidence(), changes, SAMPLES);
    double[][] errors = new double[masks.length][KEPT.length];
    for (int k = 0; k < places.size(); k++) {
      errors[places.get(k)[0]][places.get(k)[1]] = distortions.get(k).worst();
    }
    return errors;
  }

  /**
   * The amount of each layer whose errors sum to the least, where at most {@code budget} weights
   * are kept; the least kept of each layer where even that is more. Weights are counted in units of
   * a ten-thousandth of the budget, rounded up.
   */
  static int[] choose(double[][] errors, long[][] kept, long budget) {
    long unit = Math.max(1, budget / STATES);
    int states = Math.toIntExact(budget / unit) + 1;
    double[] best = new double[states];
    int[][] choices = new int[errors.length][states];
    for (int layer = 0; layer < errors.length; layer++) {
      double[] next = new double[states];
      Arrays.fill(next, Double.POSITIVE_INFINITY);
      for (int amount = 0; amount < errors[layer].length; amount++) {
        long cost = Math.ceilDiv(kept[layer][amount], unit);
        for (int state = Math.toIntExact(Math.min(cost, states)); state < states; state++) {
          double sum = best[state - (int) cost] + errors[layer][amount];
          if (sum <= next[state]) { // of equal errors the fewer weights
            next[state] = sum;
            choices[layer][state] = amount;
          }
        }
      }
      best = next;
    }
    int[] chosen = new int[errors.length];
    int state = states - 1;
    for (int layer = errors.length - 1; layer >= 0; layer--) {
      boolean fits = best[states - 1] < Double.POSITIVE_INFINITY;
      chosen[layer] = fits ? choices[layer][state] : errors[layer].length - 1;
      state -= fits ? (int) Math.ceilDiv(kept[layer][chosen[layer]], unit) : 0;
    }
    return chosen;
  }

  @Override
  public String toString() {
    return name();
  }
}
