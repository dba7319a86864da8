package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** How scores of a group are made comparable with those of other groups. */
public enum Normalization {
  NONE {
    @Override
    public double[] of(double[] scores) {
      return scores;
    }
  },

  /** Divided by the group's mean. */
  MEAN {
    @Override
    public double[] of(double[] scores) {
      return divided(scores, Arrays.stream(scores).average().orElse(0));
    }
  },

  /** Divided by the group's largest. */
  MAX {
    @Override
    public double[] of(double[] scores) {
      return divided(scores, Arrays.stream(scores).max().orElse(0));
    }
  },

  /** Divided by the group's sum. */
  SUM {
    @Override
    public double[] of(double[] scores) {
      return divided(scores, Arrays.stream(scores).sum());
    }
  },

  /** In standard deviations from the group's mean. */
  STANDARD {
    @Override
    public double[] of(double[] scores) {
      double mean = Arrays.stream(scores).average().orElse(0);
      double variance =
          Arrays.stream(scores).map(score -> (score - mean) * (score - mean)).average().orElse(0);
      double[] centred = Arrays.stream(scores).map(score -> score - mean).toArray();
      return divided(centred, Math.sqrt(variance));
    }
  },

  /** Each score over the sum of those that are at least as large (LAMP, Lee et al., 2021). */
  LAMP {
    @Override
    public double[] of(double[] scores) {
      int[] descending =
          IntStream.range(0, scores.length)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer k) -> scores[k]).reversed())
              .mapToInt(Integer::intValue)
              .toArray();
      double[] normalized = new double[scores.length];
      double sum = 0;
      for (int k : descending) {
        sum += scores[k];
        normalized[k] = sum == 0 ? 0 : scores[k] / sum;
      }
      return normalized;
    }
  };

  /** The scores of one group, in the same order among themselves. */
  public abstract double[] of(double[] scores);

  private static double[] divided(double[] scores, double by) {
    return by == 0 ? scores : Arrays.stream(scores).map(score -> score / by).toArray();
  }
}
