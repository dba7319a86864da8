package org.espalier.prune.method;

import java.util.stream.IntStream;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Mask;
import org.espalier.prune.OneLayer;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;

/** The damped empirical Fisher matrix of one layer with squared errors, by loops. */
final class FisherOracle {
  /** As a share of the matrix's mean diagonal. */
  static final double DAMPING = 0.01;

  private FisherOracle() {}

  /** A layer of 2 x 5 weights, some examples, and answers that are off by chance. */
  static OneLayer regression(SeededRandom random, int examples) {
    Tensor x = random.gaussian(examples, 5);
    var plain = OneLayer.of(random.gaussian(2, 5), x);
    return with(plain, x, random.gaussian(examples, 2));
  }

  static OneLayer with(OneLayer layer, Tensor x, Tensor targets) {
    return new OneLayer(layer.model(), layer.layer(), Calibration.of("x", x, targets, 7));
  }

  static double[][] sampleGradients(OneLayer one) {
    try (Evidence evidence = one.evidence()) {
      Tensor all = evidence.sampleGradients("w");
      int columns = (int) all.dim(1);
      double[][] rows = new double[(int) all.dim(0)][columns];
      for (int n = 0; n < rows.length; n++) {
        for (int k = 0; k < columns; k++) {
          rows[n][k] = all.realAt((long) n * columns + k);
        }
      }
      return rows;
    }
  }

  static double lambda(double[][] gradients) {
    double sum = 0;
    for (double[] row : gradients) {
      for (double value : row) {
        sum += value * value;
      }
    }
    return DAMPING * sum / gradients.length / gradients[0].length;
  }

  /** The damped Fisher matrix's inverse by rank-one updates, as the paper has it. */
  static double[][] inverse(double[][] gradients, double lambda) {
    int size = gradients[0].length;
    double[][] inverse = new double[size][size];
    for (int k = 0; k < size; k++) {
      inverse[k][k] = 1 / lambda;
    }
    for (double[] g : gradients) {
      double[] image = new double[size];
      double scale = gradients.length;
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          image[i] += inverse[i][j] * g[j];
        }
        scale += g[i] * image[i];
      }
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          inverse[i][j] -= image[i] * image[j] / scale;
        }
      }
    }
    return inverse;
  }

  /** (|A d|^2 / n + lambda |d|^2) / 2 for the change from the layer's weights. */
  static double cost(OneLayer one, double[][] gradients, Tensor weights) {
    double sum = 0;
    double squares = 0;
    for (double[] g : gradients) {
      double response = 0;
      for (int k = 0; k < g.length; k++) {
        response += g[k] * (weights.realAt(k) - one.layer().tensor().realAt(k));
      }
      sum += response * response;
    }
    for (int k = 0; k < weights.size(); k++) {
      double change = weights.realAt(k) - one.layer().tensor().realAt(k);
      squares += change * change;
    }
    return (sum / gradients.length + lambda(gradients) * squares) / 2;
  }

  /** The least cost with these weights kept: w_T^T (F^-1)_TT^-1 w_T / 2 for those that go. */
  static double least(OneLayer one, double[][] inverse, Mask mask) {
    int[] gone = IntStream.range(0, mask.size()).filter(k -> !mask.keeps(k)).toArray();
    double[][] system = new double[gone.length][gone.length + 1];
    for (int i = 0; i < gone.length; i++) {
      for (int j = 0; j < gone.length; j++) {
        system[i][j] = inverse[gone[i]][gone[j]];
      }
      system[i][gone.length] = one.layer().tensor().realAt(gone[i]);
    }
    double cost = 0;
    for (int pivot = 0; pivot < gone.length; pivot++) {
      for (int row = pivot + 1; row < gone.length; row++) {
        double factor = system[row][pivot] / system[pivot][pivot];
        for (int column = pivot; column <= gone.length; column++) {
          system[row][column] -= factor * system[pivot][column];
        }
      }
      double rest = system[pivot][gone.length];
      cost += rest * rest / system[pivot][pivot] / 2;
    }
    return cost;
  }
}
