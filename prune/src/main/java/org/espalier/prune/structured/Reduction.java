package org.espalier.prune.structured;

/** How a channel's slices in several weights become one score. */
public enum Reduction {
  SUM {
    @Override
    double join(double joined, double slice) {
      return joined + slice;
    }
  },
  MEAN {
    @Override
    double join(double joined, double slice) {
      return joined + slice;
    }

    @Override
    double finish(double joined, int members) {
      return joined / members;
    }
  },
  MAX {
    @Override
    double join(double joined, double slice) {
      return Math.max(joined, slice);
    }
  },
  PRODUCT {
    @Override
    double join(double joined, double slice) {
      return joined * slice;
    }
  },

  /** Only the first weight counts, which makes the channels. */
  FIRST {
    @Override
    double join(double joined, double slice) {
      return joined;
    }
  };

  abstract double join(double joined, double slice);

  double finish(double joined, int members) {
    return joined;
  }

  /** One score for each channel from the slices' {@code [member][channel]}; at least one member. */
  public double[] of(double[][] slices) {
    double[] scores = slices[0].clone();
    for (int channel = 0; channel < scores.length; channel++) {
      for (int member = 1; member < slices.length; member++) {
        scores[channel] = join(scores[channel], slices[member][channel]);
      }
      scores[channel] = finish(scores[channel], slices.length);
    }
    return scores;
  }
}
