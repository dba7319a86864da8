package org.espalier.train.init;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.espalier.graph.InvalidInputException;

/**
 * The scale of weights at which gradients keep their size through layers of one activation phi
 * (Schoenholz et al., 2017; Hayou et al., 2019, arXiv:1902.06853).
 *
 * <p>Weights are drawn from {@code N(0, sw^2 / fan-in)}, biases from {@code N(0, sb^2)}. In wide
 * layers a unit then sums a normal number, of variance {@code q = sb^2 + sw^2 E[phi(sqrt(q) Z)^2]}
 * in deep ones, and the squared gradient is multiplied by {@code chi = sw^2 E[phi'(sqrt(q) Z)^2]}
 * in each. Below 1, gradients vanish and examples become alike; above, gradients explode and
 * neighbours part. At the edge, {@code chi = 1}. Only a {@code q} counts that layers are drawn to:
 * GELU and SiLU, which bend upwards at zero, have none without biases.
 *
 * <p>Both expectations follow from q alone, and so does sw^2, by the equation for q: what is looked
 * for is one root of chi. They are sums over a fine grid, the slope a difference between neighbours
 * on it, so that any function will do, kinks included.
 *
 * @param weights sw, the standard deviation of weights times the root of the fan-in
 * @param biases sb, the standard deviation of biases
 * @param variance q, of what units sum in deep layers; zero where it goes there slowly, or stays
 *     what it is
 */
public record EdgeOfChaos(double weights, double biases, double variance) {
  /** Halves of the grid, over nine standard deviations each; zero is a point of it. */
  private static final int HALF = 1 << 11;

  private static final double REACH = 9;
  private static final double[] DENSITY = density();

  /** Where q is looked for, and in how many steps a factor of ten. */
  private static final double LEAST = 1e-6;

  private static final double MOST = 1e4;
  private static final int STEPS = 8;

  /** A variance so small that only the slopes at zero count. */
  private static final double TINY = 1e-12;

  /** Up to which deviation of biases is looked for an edge, in tenths. */
  private static final int TENTHS = 20;

  /** E[phi^2] and E[phi'^2] of a normal number of variance q. */
  private record Moments(double q, double square, double slope) {
    double weights(double sb) {
      return (q - sb * sb) / square;
    }

    double chi(double sb) {
      return weights(sb) * slope;
    }

    boolean isUsable() {
      return square > 0 && Double.isFinite(square) && Double.isFinite(slope);
    }
  }

  private static double[] density() {
    double[] density = new double[4 * HALF + 1]; // points and, between them, middles
    double sum = 0;
    for (int k = 0; k < density.length; k++) {
      double z = REACH * (k - 2.0 * HALF) / (2 * HALF);
      density[k] = Math.exp(-z * z / 2);
      sum += k % 2 == 0 ? density[k] : 0;
    }
    for (int k = 0; k < density.length; k++) {
      density[k] /= sum;
    }
    return density;
  }

  /** The edge with the smallest deviation of biases that has one, in tenths from 0 on. */
  public static Optional<EdgeOfChaos> of(UnaryOperator<double[]> phi) {
    var search = new Search(phi);
    for (int tenths = 0; tenths <= TENTHS; tenths++) {
      Optional<EdgeOfChaos> found = search.with(tenths / 10.0);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /**
   * The edge for biases of a deviation; empty where there is none.
   *
   * @param phi the activation, of each number by itself
   * @param sb the standard deviation of biases
   */
  public static Optional<EdgeOfChaos> of(UnaryOperator<double[]> phi, double sb) {
    if (!(sb >= 0 && sb < Double.POSITIVE_INFINITY)) {
      throw new InvalidInputException(
          "biases of standard deviation " + sb + ", expected 0 or more");
    }
    return new Search(phi).with(sb);
  }

  private static final class Search {
    private final UnaryOperator<double[]> phi;
    private final Map<Integer, Moments> grid = new HashMap<>();

    Search(UnaryOperator<double[]> phi) {
      this.phi = phi;
    }

    Optional<EdgeOfChaos> with(double sb) {
      return sb == 0 && phi.apply(new double[] {0})[0] == 0 ? atZero() : elsewhere(sb);
    }

    /** Without biases, zero stays zero: the edge is there, if what is small becomes no larger. */
    private Optional<EdgeOfChaos> atZero() {
      double slope = moments(TINY).slope();
      if (!(slope > 0 && slope < 1e9)) {
        return Optional.empty();
      }
      for (double q : new double[] {1e-4, 1e-2}) {
        if (moments(q).square() > q * slope * (1 + 1e-6)) {
          return elsewhere(0);
        }
      }
      return Optional.of(new EdgeOfChaos(1 / Math.sqrt(slope), 0, 0));
    }

    private Optional<EdgeOfChaos> elsewhere(double sb) {
      Moments before = sb > 0 ? moments(sb * sb) : null; // where chi is zero
      for (int k = 0; k <= Math.log10(MOST / LEAST) * STEPS; k++) {
        double q = LEAST * Math.pow(10, (double) k / STEPS);
        if (q <= sb * sb) {
          continue;
        }
        Moments now = grid.computeIfAbsent(k, _ -> moments(q));
        if (!now.isUsable()) {
          before = null;
          continue;
        }
        if (before != null && before.isUsable() && before.chi(sb) < 1 != now.chi(sb) < 1) {
          Moments edge = between(sb, before, now);
          if (draws(sb, edge)) {
            return Optional.of(new EdgeOfChaos(Math.sqrt(edge.weights(sb)), sb, edge.q()));
          }
        }
        before = now;
      }
      return Optional.empty();
    }

    private Moments between(double sb, Moments low, Moments high) {
      boolean below = low.chi(sb) < 1;
      double from = low.q();
      double to = high.q();
      for (int k = 0; k < 30; k++) {
        double middle = (from + to) / 2;
        if (moments(middle).chi(sb) < 1 == below) {
          from = middle;
        } else {
          to = middle;
        }
      }
      return moments((from + to) / 2);
    }

    /** Whether layers bring a variance near q nearer to it. */
    private boolean draws(double sb, Moments edge) {
      double step = 1e-3 * edge.q();
      double rise = moments(edge.q() + step).square() - moments(edge.q() - step).square();
      return Math.abs(edge.weights(sb) * rise / (2 * step)) < 1;
    }

    private Moments moments(double q) {
      double[] x = new double[2 * HALF + 1];
      double step = Math.sqrt(q) * REACH / HALF;
      for (int k = 0; k < x.length; k++) {
        x[k] = step * (k - HALF);
      }
      double[] y = phi.apply(x);
      double square = 0;
      double slope = 0;
      for (int k = 0; k < y.length; k++) {
        square += DENSITY[2 * k] * y[k] * y[k];
        if (k > 0) {
          double rise = (y[k] - y[k - 1]) / step;
          slope += DENSITY[2 * k - 1] * rise * rise;
        }
      }
      return new Moments(q, square, slope);
    }
  }
}
