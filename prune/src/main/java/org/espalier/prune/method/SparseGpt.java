package org.espalier.prune.method;

import java.util.Arrays;
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
import org.espalier.prune.Pattern;
import org.espalier.prune.Solution;
import org.espalier.prune.SolvingMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Gram;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * SparseGPT (Frantar and Alistarh, 2023): columns are pruned from left to right, and what a row
 * loses the columns to the right make up for.
 *
 * <p>The paper spreads the errors E of pruned weights by the Cholesky factor U of the inverse Gram
 * matrix, U^T U = H^-1: the weights change by D = E U. Here that is solved as D R = E, with the
 * upper triangular R = U^-1 that has R R^T = H: one factorisation of H and no inverse at all. With
 * S = D R of the columns so far, a kept weight becomes w + S / R_jj, which is also its value when
 * it's scored; a pruned one's D is w.
 */
public final class SparseGpt implements SolvingMethod {
  /** How many columns are done before those to the right of them are brought up to date. */
  private static final int BLOCK = 128;

  private final int group;
  private final double damping;

  public SparseGpt() {
    this(16, 0.01);
  }

  /**
   * @param group how many columns at a time share a choice of mask: the fewer, the better is known
   *     what the weights have become; N:M patterns choose for themselves
   * @param damping what is added to the Gram matrix's diagonal, as a share of its mean
   */
  public SparseGpt(int group, double damping) {
    if (group < 1 || !(damping >= 0)) {
      throw new InvalidInputException(
          "groups of %d columns, damping %s; expected 1 or more, 0 or more"
              .formatted(group, damping));
    }
    this.group = group;
    this.damping = damping;
  }

  @Override
  public About about() {
    return About.of(
            "sparsegpt",
            "SparseGPT",
            "Prunes a layer column by column and lets the columns that follow make up for the"
                + " error, so that half of a language model's weights can go in one shot; the first"
                + " choice where calibration data are at hand and training isn't.")
        .paper("Frantar and Alistarh", 2023, "arXiv:2301.00774")
        .patterns("unstructured", "N:M")
        .needs("gram");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRAM);
  }

  @Override
  public Solution solve(Layer layer, Goal goal, Evidence evidence) {
    Gram gram = evidence.gram(layer.weight());
    try (var _ = new PointerScope()) {
      Tensor weights = LayerMatrix.of(layer);
      var sweep = new Sweep(layer, goal, width(goal.pattern()));
      int rows = layer.rows() / gram.groups();
      for (int k = 0; k < gram.groups(); k++) {
        try (var _ = new PointerScope()) {
          Tensor factor = LinearAlgebra.upperFactor(Libtorch.view(gram.matrix(k)), damping);
          sweep.over(weights.narrow(0, (long) k * rows, rows), k * rows, factor);
        }
      }
      return new Solution(LayerMatrix.tensor(layer, weights), sweep.mask());
    }
  }

  private int width(Pattern pattern) {
    return pattern instanceof Pattern.OfEvery(_, int every) ? every : group;
  }

  /** One layer on its way. */
  private static final class Sweep {
    private final Layer layer;
    private final Goal goal;
    private final int group;
    private final boolean[] kept;
    private long free;
    private long toGo;

    Sweep(Layer layer, Goal goal, int group) {
      this.layer = layer;
      this.goal = goal;
      this.group = group;
      kept = goal.standing().toArray();
      free = goal.standing().kept();
      toGo = goal.prune() - goal.standing().pruned();
    }

    Mask mask() {
      return Mask.of(kept);
    }

    /** Prunes some rows, which share their inputs, in place. */
    void over(Tensor weights, int firstRow, Tensor factor) {
      int rows = Math.toIntExact(weights.size(0));
      int columns = Math.toIntExact(weights.size(1));
      Tensor sums = LinearAlgebra.zeros(rows, columns);
      int width = Math.max(group, BLOCK / group * group);
      for (int first = 0; first < columns; first += width) {
        try (var _ = new PointerScope()) {
          int count = Math.min(width, columns - first);
          Tensor part = weights.narrow(1, first, count);
          var block =
              new Block(
                  first,
                  count,
                  doubles(part),
                  doubles(sums.narrow(1, first, count)),
                  doubles(factor.narrow(0, first, count).narrow(1, first, count)));
          double[] changes = new double[rows * count];
          for (int from = 0; from < count; from += group) {
            int start = from;
            int end = Math.min(count, from + group);
            if (goal.pattern() instanceof Pattern.Unstructured) {
              choose(block, firstRow, rows, start, end);
            }
            IntStream.range(0, rows)
                .parallel()
                .forEach(row -> sweep(block, firstRow, row, start, end, changes));
          }
          part.copy_(matrix(block.weights(), rows, count));
          int rest = columns - first - count;
          if (rest > 0) {
            sums.narrow(1, (long) first + count, rest)
                .addmm_(
                    matrix(changes, rows, count),
                    factor.narrow(0, first, count).narrow(1, (long) first + count, rest));
          }
        }
      }
    }

    /**
     * Some columns of some rows.
     *
     * @param weights [rows, count]
     * @param sums [rows, count], of the changes to the left
     * @param factor [count, count]
     */
    private record Block(int first, int count, double[] weights, double[] sums, double[] factor) {
      double pivot(int column) {
        return factor[column * count + column];
      }

      /** A weight as it would be if it were kept. */
      double value(int row, int column) {
        int at = row * count + column;
        return weights[at] + sums[at] / pivot(column);
      }
    }

    /** Marks these columns' share of what is still to go, lowest scores first. */
    private void choose(Block block, int firstRow, int rows, int start, int end) {
      long[] keys = new long[rows * (end - start)];
      int candidates = 0;
      for (int row = 0; row < rows; row++) {
        for (int column = start; column < end; column++) {
          int index = layer.index(firstRow + row, block.first() + column);
          if (kept[index]) {
            float score = (float) Math.abs(block.value(row, column) * block.pivot(column));
            keys[candidates++] = (long) Float.floatToIntBits(score) << 32 | index;
          }
        }
      }
      long share = free == 0 ? 0 : Math.round((double) toGo * candidates / free);
      Arrays.sort(keys, 0, candidates);
      for (int k = 0; k < share; k++) {
        kept[(int) keys[k]] = false;
      }
      free -= candidates;
      toGo -= share;
    }

    /** Goes through some columns of one row from left to right. */
    private void sweep(Block block, int firstRow, int row, int start, int end, double[] changes) {
      int count = block.count();
      boolean[] keep = new boolean[count];
      for (int column = start; column < end; column++) {
        keep[column] = kept[layer.index(firstRow + row, block.first() + column)];
      }
      if (goal.pattern() instanceof Pattern.OfEvery(int most, _)) {
        best(block, row, start, end, most, keep);
      }
      for (int column = start; column < end; column++) {
        int at = row * count + column;
        double value = keep[column] ? block.value(row, column) : 0;
        double change = block.weights()[at] - value;
        block.weights()[at] = value;
        changes[at] = change;
        for (int right = column + 1; right < count; right++) {
          block.sums()[row * count + right] += change * block.factor()[column * count + right];
        }
        kept[layer.index(firstRow + row, block.first() + column)] = keep[column];
      }
    }

    /** Lets go of all but the best {@code most} of the columns from {@code from} to {@code to}. */
    private static void best(Block block, int row, int from, int to, int most, boolean[] keep) {
      int gone = to - from - Math.min(most, to - from);
      for (int column = from; column < to; column++) {
        gone -= keep[column] ? 0 : 1;
      }
      for (; gone > 0; gone--) {
        int lowest = -1;
        double least = 0;
        for (int column = from; column < to; column++) {
          double score = Math.abs(block.value(row, column) * block.pivot(column));
          if (keep[column] && (lowest < 0 || score < least)) {
            lowest = column;
            least = score;
          }
        }
        keep[lowest] = false;
      }
    }

    private static double[] doubles(Tensor tensor) {
      double[] values = new double[Math.toIntExact(tensor.numel())];
      tensor.contiguous().data_ptr_double().get(values);
      return values;
    }

    /** A matrix that goes with the pointer scope, and needn't wait for a collection. */
    private static Tensor matrix(double[] values, int rows, int columns) {
      Tensor matrix = LinearAlgebra.zeros(rows, columns);
      matrix.data_ptr_double().put(values);
      return matrix;
    }
  }
}
