package org.espalier.prune.method;

import java.util.SplittableRandom;

/**
 * A quadratic in binary variables, {@code x^T Q x + c} with a symmetric Q, to be made small with as
 * many ones as there are.
 */
final class Qubo {
  private static final double HOT = 1e-3;
  private static final double COLD = 100;
  private static final double COOLING = 1.1;

  private final double[][] matrix;
  private final double constant;

  Qubo(double[][] matrix, double constant) {
    this.matrix = matrix;
    this.constant = constant;
  }

  double at(int row, int column) {
    return matrix[row][column];
  }

  double energy(boolean[] x) {
    double energy = constant;
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; x[i] && j < x.length; j++) {
        energy += x[j] ? matrix[i][j] : 0;
      }
    }
    return energy;
  }

  /**
   * The best found by simulated annealing over swaps of a one for a zero; the start itself where
   * nothing is better.
   *
   * @param tries how often it cools down
   */
  boolean[] annealed(boolean[] start, int tries, SplittableRandom random) {
    double scale = 0;
    for (double[] row : matrix) {
      for (double value : row) {
        scale += Math.abs(value);
      }
    }
    boolean[] best = start.clone();
    if (scale == 0 || !Double.isFinite(scale)) {
      return best;
    }
    scale /= (double) matrix.length * matrix.length;
    double least = energy(best);
    for (int k = 0; k < tries; k++) {
      var state = new State(start);
      for (double beta = HOT; beta <= COLD; beta *= COOLING) {
        state.sweep(beta / scale, random);
      }
      double energy = energy(state.x);
      if (energy < least) {
        least = energy;
        best = state.x;
      }
    }
    return best;
  }

  /** An assignment, and by how much the energy would grow with each variable: its slope. */
  private final class State {
    private final boolean[] x;
    private final double[] slopes;
    private final int[] ones;
    private final int[] zeros;

    State(boolean[] start) {
      x = start.clone();
      slopes = new double[x.length];
      int count = 0;
      for (int i = 0; i < x.length; i++) {
        count += x[i] ? 1 : 0;
        slopes[i] = matrix[i][i];
        for (int j = 0; j < x.length; j++) {
          slopes[i] += x[j] && j != i ? 2 * matrix[i][j] : 0;
        }
      }
      ones = new int[count];
      zeros = new int[x.length - count];
      for (int i = 0, one = 0, zero = 0; i < x.length; i++) {
        if (x[i]) {
          ones[one++] = i;
        } else {
          zeros[zero++] = i;
        }
      }
    }

    /** As many proposals as there are variables. */
    void sweep(double beta, SplittableRandom random) {
      if (ones.length == 0 || zeros.length == 0) {
        return;
      }
      for (int k = 0; k < x.length; k++) {
        int place = random.nextInt(ones.length);
        int other = random.nextInt(zeros.length);
        int off = ones[place];
        int on = zeros[other];
        double rise = slopes[on] - slopes[off] - 2 * matrix[on][off];
        if (rise <= 0 || random.nextDouble() < Math.exp(-beta * rise)) {
          ones[place] = on;
          zeros[other] = off;
          swap(on, off);
        }
      }
    }

    private void swap(int on, int off) {
      double[] come = matrix[on];
      double[] go = matrix[off];
      double own = slopes[on] - 2 * go[on];
      double left = slopes[off] + 2 * come[off];
      for (int i = 0; i < slopes.length; i++) {
        slopes[i] += 2 * (come[i] - go[i]);
      }
      slopes[on] = own;
      slopes[off] = left;
      x[on] = true;
      x[off] = false;
    }
  }
}
