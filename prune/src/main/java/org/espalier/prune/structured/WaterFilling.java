package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.espalier.prune.coupling.Member;

/**
 * Layer densities that maximise the sum of their logarithms for a number of parameters: a layer of
 * {@code a} weights keeps {@code min(1, c / a)} of them, with one {@code c} for all layers.
 */
public final class WaterFilling {
  private static final int STEPS = 1024;

  private WaterFilling() {}

  /**
   * The densities for which {@code budget} weights are kept.
   *
   * @param sizes weights of each layer
   * @param budget above 0 and at most all
   */
  static double[] densities(double[] sizes, double budget) {
    double[] sorted = sizes.clone();
    Arrays.sort(sorted);
    double whole = 0; // the weights of layers that are kept whole, smallest first
    for (int k = 0; k < sorted.length; k++) {
      double level = (budget - whole) / (sorted.length - k);
      if (level <= sorted[k]) {
        return Arrays.stream(sizes).map(size -> Math.min(1, level / size)).toArray();
      }
      whole += sorted[k];
    }
    double[] dense = new double[sizes.length];
    Arrays.fill(dense, 1);
    return dense;
  }

  /**
   * Ever smaller budgets of weights. A width is multiplied by the geometric mean, over the layers
   * on its both sides, of the square root of their densities.
   */
  public static Removals removals(Choice choice) {
    Subject subject = choice.subject();
    List<String> layers =
        choice.groups().stream()
            .flatMap(scored -> scored.group().members().stream())
            .filter(member -> subject.kind(member) == WeightKind.MATRIX)
            .map(member -> member.weight().value())
            .distinct()
            .toList();
    double[] sizes =
        layers.stream().mapToDouble(layer -> subject.weights().get(layer).size()).toArray();
    double all = Arrays.stream(sizes).sum();
    return new Removals() {
      @Override
      public int length() {
        return STEPS;
      }

      @Override
      public BitSet after(int steps) {
        // Geometric, so that strong cuts are told apart as well as weak ones.
        double[] densities = densities(sizes, all * Math.pow(1e-5, (double) steps / STEPS));
        BitSet removed = new BitSet();
        for (Scored scored : choice.groups()) {
          int width = scored.group().size();
          double factor = factor(scored, densities);
          int prune = Math.clamp(Math.round(width * (1 - factor)), 0, scored.most());
          Scored some = new Scored(scored.group(), scored.scores(), prune);
          for (int channel : Ranking.of(List.of(some), new Scope.PerGroup(), subject)) {
            removed.set(channel);
          }
        }
        return removed;
      }

      private double factor(Scored scored, double[] densities) {
        double logs = 0;
        int count = 0;
        for (Member member : scored.group().members()) {
          if (subject.kind(member) == WeightKind.MATRIX) {
            logs += Math.log(densities[layers.indexOf(member.weight().value())]) / 2;
            count++;
          }
        }
        return count == 0 ? 1 : Math.exp(logs / count);
      }
    };
  }
}
