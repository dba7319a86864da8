package org.espalier.prune.method;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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
 * <p>Each row is pruned to the last weight once, which ranks its weights by what they cost. The
 * layer's cheapest go, and what is left of each row is solved for together, which gives what the
 * weights' going one by one gives. Both take about columns^3 / 6 operations for each row, so that
 * large layers are refused.
 */
public final class BrainSurgeon implements SolvingMethod {
  private static final int MOST_COLUMNS = 2048;

  /** How many numbers of rows' systems a thread solves at a time. */
  private static final long MOST = 1L << 20;

  private final double damping;

  public BrainSurgeon() {
    this(0.01);
  }

  /**
   * @param damping what is added to the Gram matrix's diagonal, as a share of its mean
   */
  public BrainSurgeon(double damping) {
    if (!(damping >= 0)) {
      throw new InvalidInputException("damping " + damping + ", expected 0 or more");
    }
    this.damping = damping;
  }

  @Override
  public About about() {
    return About.of(
            "obs",
            "Optimal Brain Surgeon, layer by layer",
            "Removes one weight after the other, each time the one that the rest of its row can"
                + " best make up for; the most exact for small layers, slow for large ones.")
        .paper("Hassibi and Stork", 1993, "NIPS 5; arXiv:1705.07565, arXiv:2208.11580")
        .patterns("unstructured")
        .needs("gram");
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
    int groups = gram.groups();
    int perGroup = layer.rows() / groups;
    Row[] rows = new Row[layer.rows()];
    try (var _ = new PointerScope()) {
      double[] weights = new double[layer.size()];
      Tensor all = LayerMatrix.of(layer);
      all.data_ptr_double().get(weights);
      Tensor[] damped = new Tensor[groups];
      double[][] inverses = new double[groups][columns * columns];
      for (int k = 0; k < groups; k++) {
        damped[k] = LinearAlgebra.damped(Libtorch.view(gram.matrix(k)), damping);
        LinearAlgebra.inverse(damped[k]).contiguous().data_ptr_double().get(inverses[k]);
      }
      parallel(
          rows.length,
          row -> {
            rows[row] = new Row(layer, goal.standing(), row, weights);
            rows[row].rank(inverses[row / perGroup]);
          });
      int[] shares = shares(rows, Math.toIntExact(goal.prune()));
      boolean[] kept = new boolean[layer.size()];
      int[][] stays = new int[rows.length][];
      for (int row = 0; row < rows.length; row++) {
        stays[row] = Arrays.copyOfRange(rows[row].order, shares[row], columns);
        for (int column : stays[row]) {
          kept[layer.index(row, column)] = true;
        }
      }
      for (int k = 0; k < groups; k++) {
        int first = k * perGroup;
        int[][] own = Arrays.copyOfRange(stays, first, first + perGroup);
        solve(damped[k], all.narrow(0, first, perGroup), own);
      }
      return Solution.of(LayerMatrix.tensor(layer, all), Mask.of(kept));
    }
  }

  /** Gives rows the values that make up best for what goes; rows of like length go together. */
  private static void solve(Tensor gram, Tensor rows, int[][] stays) {
    Tensor right = rows.mm(gram);
    int[] byLength =
        IntStream.range(0, stays.length)
            .boxed()
            .sorted(Comparator.comparingInt(row -> stays[row].length))
            .mapToInt(row -> row)
            .toArray();
    var batches = new ArrayList<int[]>();
    for (int last = byLength.length; last > 0; ) {
      long most = Math.max(1, stays[byLength[last - 1]].length);
      int first = (int) Math.max(0, last - Math.max(1, MOST / (most * most)));
      batches.add(Arrays.copyOfRange(byLength, first, last));
      last = first;
    }
    parallel(
        batches.size(),
        batch -> {
          try (var _ = new PointerScope()) {
            solve(gram, right, rows, batches.get(batch), stays);
          }
        });
  }

  /** Solves for some rows; short ones are filled up with unknowns of their own that are zero. */
  private static void solve(Tensor gram, Tensor right, Tensor rows, int[] some, int[][] stays) {
    int most = Math.max(1, stays[some[some.length - 1]].length);
    long[] places = new long[some.length * most];
    double[] real = new double[places.length];
    for (int k = 0; k < some.length; k++) {
      int[] columns = stays[some[k]];
      for (int place = 0; place < columns.length; place++) {
        places[k * most + place] = columns[place];
        real[k * most + place] = 1;
      }
    }
    Tensor numbers =
        Libtorch.view(
            org.espalier.graph.Tensor.of(
                Arrays.stream(some).mapToLong(row -> row).toArray(), some.length));
    Tensor at = Libtorch.view(org.espalier.graph.Tensor.of(places, some.length, most));
    Tensor on = Libtorch.view(org.espalier.graph.Tensor.of(real, some.length, most));
    Tensor flat = at.mul(new Scalar(gram.size(0))).unsqueeze(2).add(at.unsqueeze(1));
    Tensor systems = gram.take(flat).mul_(on.unsqueeze(1)).mul_(on.unsqueeze(2));
    systems.diagonal(0, 1, 2).add_(on.neg().add_(new Scalar(1.0)));
    Tensor aims = right.index_select(0, numbers).gather(1, at).mul_(on).unsqueeze(2);
    Tensor found = torch.cholesky_solve(aims, torch.linalg_cholesky(systems)).squeeze(2);
    Tensor whole = LinearAlgebra.zeros(some.length, gram.size(0)).scatter_add_(1, at, found);
    rows.index_copy_(0, numbers, whole);
  }

  private static void parallel(int count, IntConsumer action) {
    IntStream.range(0, count).parallel().forEach(action);
  }

  /** How many weights go in each row, so that the cheapest of all go. */
  private static int[] shares(Row[] rows, int prune) {
    record Step(double cost, int row) {}
    int[] shares = new int[rows.length];
    Arrays.stream(rows)
        .flatMap(row -> Arrays.stream(row.costs).mapToObj(c -> new Step(c, row.number)))
        .sorted((a, b) -> Double.compare(a.cost(), b.cost()))
        .limit(prune)
        .forEach(step -> shares[step.row()]++);
    return shares;
  }

  /**
   * One row, from which weights are taken one by one.
   *
   * <p>The inverse that is left when some are gone is the whole one less the outer products of one
   * vector for each of them. Only the column of the weight that goes next is computed, for the
   * columns that are still there; these stand first in all arrays.
   */
  private static final class Row {
    final int number;
    final double[] costs;

    /** Columns in the order in which they go. */
    final int[] order;

    private final double[] weights;
    private final boolean[] zero;

    Row(Layer layer, Mask standing, int number, double[] all) {
      int columns = layer.columns();
      this.number = number;
      weights = Arrays.copyOfRange(all, number * columns, (number + 1) * columns);
      costs = new double[columns];
      order = new int[columns];
      zero = new boolean[columns];
      for (int column = 0; column < columns; column++) {
        zero[column] = !standing.keeps(layer.index(number, column));
      }
    }

    /** Takes all weights; costs are what each adds to the error, none less than before. */
    void rank(double[] inverse) {
      int columns = weights.length;
      int[] left = IntStream.range(0, columns).toArray();
      double[] diagonal = new double[columns];
      for (int k = 0; k < columns; k++) {
        diagonal[k] = inverse[k * columns + k];
      }
      double[][] taken = new double[columns][];
      double so = Double.NEGATIVE_INFINITY;
      for (int step = 0; step < columns; step++) {
        int size = columns - step;
        int best = cheapest(left, diagonal, size);
        int column = left[best];
        so = Math.max(so, cost(column, diagonal[best], weights[best]));
        costs[step] = so;
        order[step] = column;
        swap(left, diagonal, taken, step, best, size - 1);
        taken[step] = take(inverse, left, diagonal, taken, step, size);
      }
    }

    private int cheapest(int[] left, double[] diagonal, int size) {
      int best = 0;
      double least = cost(left[0], diagonal[0], weights[0]);
      for (int k = 1; k < size; k++) {
        double cost = cost(left[k], diagonal[k], weights[k]);
        if (cost < least || (cost == least && left[k] < left[best])) {
          best = k;
          least = cost;
        }
      }
      return best;
    }

    private double cost(int column, double pivot, double weight) {
      return zero[column] ? Double.NEGATIVE_INFINITY : weight * weight / (2 * pivot);
    }

    /** Puts what goes to the end of those that are left, and what was there in its place. */
    private void swap(int[] left, double[] diagonal, double[][] taken, int step, int a, int b) {
      int column = left[a];
      left[a] = left[b];
      left[b] = column;
      double value = diagonal[a];
      diagonal[a] = diagonal[b];
      diagonal[b] = value;
      value = weights[a];
      weights[a] = weights[b];
      weights[b] = value;
      for (int k = 0; k < step; k++) {
        double entry = taken[k][a];
        taken[k][a] = taken[k][b];
        taken[k][b] = entry;
      }
    }

    /**
     * Takes the last of those that are left: the others make up for it.
     *
     * @return its column of the inverse, divided by the root of its pivot
     */
    private double[] take(
        double[] inverse, int[] left, double[] diagonal, double[][] taken, int step, int size) {
      int last = size - 1;
      double[] line = new double[size];
      int row = left[last] * weights.length;
      for (int k = 0; k < size; k++) {
        line[k] = inverse[row + left[k]];
      }
      // Four at once: the line is loaded and stored a fourth as often.
      int t = 0;
      for (; t + 4 <= step; t += 4) {
        subtract(line, size, taken[t], taken[t + 1], taken[t + 2], taken[t + 3]);
      }
      for (; t < step; t++) {
        double[] before = taken[t];
        double factor = before[last];
        for (int k = 0; k < size; k++) {
          line[k] -= factor * before[k];
        }
      }
      double root = Math.sqrt(line[last]);
      double push = weights[last] / line[last];
      for (int k = 0; k < last; k++) {
        weights[k] -= push * line[k];
        line[k] /= root;
        diagonal[k] -= line[k] * line[k];
      }
      weights[last] = 0;
      return line;
    }

    private static void subtract(
        double[] line, int size, double[] a, double[] b, double[] c, double[] d) {
      double ofA = a[size - 1];
      double ofB = b[size - 1];
      double ofC = c[size - 1];
      double ofD = d[size - 1];
      for (int k = 0; k < size; k++) {
        line[k] = line[k] - ofA * a[k] - ofB * b[k] - ofC * c[k] - ofD * d[k];
      }
    }
  }
}
