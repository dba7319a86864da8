package org.espalier.prune;

import java.util.Arrays;
import java.util.List;
import org.espalier.graph.InvalidInputException;

/** How much of the budget each layer bears. */
public enum Allocation {
  /** The same share of every layer. */
  UNIFORM {
    @Override
    double[] densities(List<Layer> layers, double density) {
      double[] densities = new double[layers.size()];
      Arrays.fill(densities, density);
      return densities;
    }
  },

  /** One ranking over all layers: the lowest scores go, wherever they stand. */
  GLOBAL {
    @Override
    double[] densities(List<Layer> layers, double density) {
      throw new UnsupportedOperationException("a global ranking has no densities beforehand");
    }
  },

  /**
   * Erdős-Rényi-Kernel (Evci et al., 2020): a layer's density is proportional to the sum of its
   * weight's dimensions over their product, so that large layers bear more. Layers that would be
   * more than dense are dense, and the others share the rest.
   */
  ERK {
    @Override
    double[] densities(List<Layer> layers, double density) {
      int count = layers.size();
      double[] ratio = new double[count];
      double total = 0;
      for (int k = 0; k < count; k++) {
        long[] dims = layers.get(k).tensor().dims();
        ratio[k] = (double) Arrays.stream(dims).sum() / layers.get(k).size();
        total += layers.get(k).size();
      }
      boolean[] dense = new boolean[count];
      while (true) {
        double budget = density * total;
        double shared = 0;
        for (int k = 0; k < count; k++) {
          int size = layers.get(k).size();
          budget -= dense[k] ? size : 0;
          shared += dense[k] ? 0 : ratio[k] * size;
        }
        double scale = shared == 0 ? 0 : budget / shared;
        double largest = 0;
        for (int k = 0; k < count; k++) {
          largest = dense[k] ? largest : Math.max(largest, ratio[k]);
        }
        if (scale * largest <= 1) {
          double[] densities = new double[count];
          for (int k = 0; k < count; k++) {
            densities[k] = dense[k] ? 1 : scale * ratio[k];
          }
          return densities;
        }
        for (int k = 0; k < count; k++) {
          dense[k] |= ratio[k] == largest;
        }
      }
    }
  };

  /** The share of each layer's weights to keep, in [0, 1], so that {@code density} of all stay. */
  abstract double[] densities(List<Layer> layers, double density);

  /** Parses a name in any case. */
  public static Allocation parse(String text) {
    for (Allocation allocation : values()) {
      if (allocation.name().equalsIgnoreCase(text)) {
        return allocation;
      }
    }
    throw new InvalidInputException(
        "no allocation '%s'; expected uniform, global or erk".formatted(text));
  }

  /**
   * How many weights to prune in each layer: the densities rounded so that the sum is exactly
   * {@code prune}. The residue goes to the layers with the largest remainders, first come first;
   * each layer keeps at least one weight while any other has one to spare.
   */
  long[] counts(List<Layer> layers, long prune) {
    long total = layers.stream().mapToLong(Layer::size).sum();
    double[] densities = densities(layers, 1 - (double) prune / total);
    long[] counts = new long[layers.size()];
    double[] remainders = new double[layers.size()];
    long left = prune;
    for (int k = 0; k < counts.length; k++) {
      double exact = (1 - densities[k]) * layers.get(k).size();
      counts[k] = Math.clamp((long) Math.floor(exact), 0, layers.get(k).size() - 1);
      remainders[k] = exact - counts[k];
      left -= counts[k];
    }
    while (left != 0) {
      int step = left > 0 ? 1 : -1;
      int best = -1;
      for (int k = 0; k < counts.length; k++) {
        long room = step > 0 ? layers.get(k).size() - 1 - counts[k] : counts[k];
        if (room > 0 && (best < 0 || step * remainders[k] > step * remainders[best])) {
          best = k;
        }
      }
      if (best < 0) {
        throw new InvalidInputException(
            "%d of %d weights to prune would empty a layer".formatted(prune, total));
      }
      counts[best] += step;
      remainders[best] -= step;
      left -= step;
    }
    return counts;
  }
}
