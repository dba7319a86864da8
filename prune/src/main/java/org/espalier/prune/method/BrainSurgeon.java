package org.espalier.prune.method;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.About;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.LayerMatrix;
import org.espalier.prune.Mask;
import org.espalier.prune.Solution;
import org.espalier.prune.SolvingMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Gram;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * Optimal Brain Surgeon (Hassibi and Stork, 1993) on a layer's squared output error, where each row
 * stands for itself (Dong et al., 2017; Frantar et al., 2022): the weight that costs least goes,
 * the others of its row make up for it, and so on.
 *
 * <p>Each row is pruned to the last weight once, which ranks its weights by what they cost; the
 * layer's cheapest go, and each row is pruned anew as far as its share. That takes columns^3
 * operations for each row, so that large layers are refused.
 */
public final class BrainSurgeon implements SolvingMethod {
  private static final int MOST_COLUMNS = 2048;
  private final double damping;

  public BrainSurgeon() {
    this(0.01);
  }

  /**
   * @param damping what is added to the Gram matrix's diagonal, as a share of its mean
   */
  public BrainSurgeon(double damping) {
    this.damping = damping;
  }

  @Override
  public About about() {
    return new About(
        "obs",
        "Optimal Brain Surgeon, layer by layer",
        "Removes one weight after the other, each time the one that the rest of its row can best"
            + " make up for; the most exact for small layers, slow for large ones.",
        "Hassibi and Stork",
        1993,
        "NIPS 5; arXiv:1705.07565, arXiv:2208.11580",
        "post-training",
        List.of("unstructured"),
        List.of("gram"));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRAM);
  }

  @Override
  public Solution solve(Layer layer, Goal goal, Evidence evidence) {
    int columns = layer.columns();
    if (columns > MOST_COLUMNS) {
      throw new InvalidInputException(
          "'%s' has %d columns, and method 'obs' takes up to %d: keep it dense or use 'sparsegpt'"
              .formatted(layer.weight(), columns, MOST_COLUMNS));
    }
    Gram gram = evidence.gram(layer.weight());
    double[][] inverses = new double[gram.groups()][columns * columns];
    double[] weights = new double[layer.size()];
    try (var _ = new PointerScope()) {
      LayerMatrix.of(layer).data_ptr_double().get(weights);
      for (int k = 0; k < inverses.length; k++) {
        Tensor damped = LinearAlgebra.damped(Libtorch.view(gram.matrix(k)), damping);
        LinearAlgebra.inverse(damped).contiguous().data_ptr_double().get(inverses[k]);
      }
    }
    int perGroup = layer.rows() / inverses.length;
    Row[] rows = new Row[layer.rows()];
    IntStream.range(0, rows.length)
        .parallel()
        .forEach(
            row -> {
              rows[row] = new Row(layer, goal.standing(), row, weights);
              rows[row].prune(columns, inverses[row / perGroup].clone());
            });
    int[] shares = shares(rows, Math.toIntExact(goal.prune()));
    boolean[] kept = new boolean[layer.size()];
    double[] solved = new double[layer.size()];
    IntStream.range(0, rows.length)
        .parallel()
        .forEach(
            row -> {
              var anew = new Row(layer, goal.standing(), row, weights);
              anew.prune(shares[row], inverses[row / perGroup].clone());
              for (int column = 0; column < columns; column++) {
                solved[row * columns + column] = anew.weights[column];
                kept[layer.index(row, column)] = !anew.gone[column];
              }
            });
    try (var _ = new PointerScope()) {
      var matrix = org.espalier.graph.Tensor.of(solved, layer.rows(), columns);
      return Solution.of(LayerMatrix.tensor(layer, Libtorch.view(matrix)), Mask.of(kept));
    }
  }

  /** How many weights go in each row, so that the cheapest of all go. */
  private static int[] shares(Row[] rows, int prune) {
    record Step(double cost, int row) {}
    int[] shares = new int[rows.length];
    Arrays.stream(rows)
        .flatMap(
            row -> Arrays.stream(row.costs, 0, row.steps).mapToObj(c -> new Step(c, row.number)))
        .sorted((a, b) -> Double.compare(a.cost(), b.cost()))
        .limit(prune)
        .forEach(step -> shares[step.row()]++);
    return shares;
  }

  /** One row, from which weights are taken one by one. */
  private static final class Row {
    final int number;
    final double[] weights;
    final double[] costs;
    final boolean[] gone;
    private final boolean[] zero;
    int steps;

    Row(Layer layer, Mask standing, int number, double[] all) {
      int columns = layer.columns();
      this.number = number;
      weights = Arrays.copyOfRange(all, number * columns, (number + 1) * columns);
      costs = new double[columns];
      gone = new boolean[columns];
      zero = new boolean[columns];
      for (int column = 0; column < columns; column++) {
        zero[column] = !standing.keeps(layer.index(number, column));
      }
    }

    /**
     * Takes so many weights; costs are what each adds to the error, none less than before.
     *
     * @param inverse of the Gram matrix; changed
     */
    void prune(int count, double[] inverse) {
      int columns = weights.length;
      double so = Double.NEGATIVE_INFINITY;
      while (steps < count) {
        int best = -1;
        double least = 0;
        for (int column = 0; column < columns; column++) {
          if (!gone[column]) {
            double cost =
                zero[column]
                    ? Double.NEGATIVE_INFINITY
                    : weights[column] * weights[column] / (2 * inverse[column * columns + column]);
            if (best < 0 || cost < least) {
              best = column;
              least = cost;
            }
          }
        }
        so = Math.max(so, least);
        costs[steps++] = so;
        take(best, inverse);
      }
    }

    private void take(int taken, double[] inverse) {
      int columns = weights.length;
      double pivot = inverse[taken * columns + taken];
      double step = weights[taken] / pivot;
      for (int column = 0; column < columns; column++) {
        weights[column] -= step * inverse[taken * columns + column];
      }
      double[] line = Arrays.copyOfRange(inverse, taken * columns, (taken + 1) * columns);
      for (int row = 0; row < columns; row++) {
        double factor = line[row] / pivot;
        if (factor != 0) {
          for (int column = 0; column < columns; column++) {
            inverse[row * columns + column] -= factor * line[column];
          }
        }
      }
      gone[taken] = true;
      weights[taken] = 0;
    }
  }
}
