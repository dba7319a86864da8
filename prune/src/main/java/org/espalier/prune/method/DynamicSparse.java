package org.espalier.prune.method;

import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
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
import org.espalier.prune.evidence.InputStatistics;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * Dynamic sparse no training (DSnoT, Zhang et al., 2024): from the mask of {@link Wanda}, pruned
 * and kept weights of a row change places until the mean of its output is what it was. No weight's
 * value changes. It rests on inputs whose means are far from zero.
 *
 * <p>The paper grows what brings most of the mean back for its variance, prunes what Wanda holds
 * least of, and doesn't look at what that does to the squared error. Where means are small, as
 * behind layer normalisation, it undoes Wanda's mask: on a network of 128 inputs a row its 50
 * cycles raised the perplexity from 5.8 to 24 at 50%. Here a swap must bring the mean nearer and
 * lower the squared error, which the Gram matrix tells exactly, and of those that do the one is
 * made that lowers it most.
 */
public final class DynamicSparse implements SolvingMethod {
  /** The paper's 0.1 for sums over 2048 tokens, for their mean. */
  private static final double TOLERANCE = 0.1 / 2048;

  /** How many rows lie on the heap at a time. */
  private static final int ROWS = 256;

  private final boolean means;

  public DynamicSparse() {
    this(true);
  }

  /**
   * @param means whether a swap must bring the row's mean nearer to what it was, too
   */
  DynamicSparse(boolean means) {
    this.means = means;
  }

  @Override
  public About about() {
    return About.of(
            "dsnot",
            "Dynamic sparse no training",
            "Takes Wanda's mask and swaps weights in each row while that brings the mean of its"
                + " output back and lowers its squared error; for language models, where kept"
                + " weights must stay as they are.")
        .paper("Zhang et al.", 2024, "arXiv:2310.08915")
        .patterns("unstructured", "N:M")
        .needs("inputs", "gram");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.INPUTS, Need.GRAM);
  }

  /** The dense network's inputs, as {@link Wanda}'s. */
  @Override
  public boolean inSequence() {
    return false;
  }

  @Override
  public Solution solve(Layer layer, Goal goal, Evidence evidence) {
    Mask mask = goal.select(layer, new Wanda().saliency().score(layer, evidence, goal.seed()));
    InputStatistics inputs = evidence.inputs(layer.weight());
    Gram gram = evidence.gram(layer.weight());
    int perGroup = layer.rows() / gram.groups();
    boolean[] kept = mask.toArray();
    try (var _ = new PointerScope()) {
      Tensor weights = LayerMatrix.of(layer);
      Tensor gone = weights.sub(LayerMatrix.of(layer, mask.apply(layer.tensor())));
      for (int group = 0; group < gram.groups(); group++) {
        org.espalier.graph.Tensor matrix = gram.matrix(group);
        for (int from = 0; from < perGroup; from += ROWS) {
          try (var _ = new PointerScope()) {
            int first = group * perGroup + from;
            int count = Math.min(ROWS, perGroup - from);
            double[][] w = rows(weights.narrow(0, first, count));
            double[][] q = rows(gone.narrow(0, first, count).mm(Libtorch.view(matrix)));
            IntStream.range(0, count)
                .parallel()
                .forEach(k -> swap(layer, first + k, goal, inputs, w[k], q[k], matrix, kept));
          }
        }
      }
    }
    return Solution.masked(layer, Mask.of(kept));
  }

  private void swap(
      Layer layer,
      int row,
      Goal goal,
      InputStatistics inputs,
      double[] weights,
      double[] q,
      org.espalier.graph.Tensor gram,
      boolean[] kept) {
    boolean[] stays = new boolean[weights.length];
    boolean[] gone = new boolean[weights.length];
    double[] parts = means ? new double[weights.length] : null;
    for (int column = 0; column < weights.length; column++) {
      int index = layer.index(row, column);
      stays[column] = kept[index];
      gone[column] = !kept[index] && goal.standing().keeps(index);
      if (means) {
        parts[column] = weights[column] * inputs.mean(inputs.group(row, layer.rows()), column);
      }
    }
    int group = goal.pattern() instanceof Pattern.OfEvery(_, int every) ? every : 0;
    new RowSwaps(weights, q, parts, gram.data(), stays, gone, group).swap(TOLERANCE);
    for (int column = 0; column < weights.length; column++) {
      kept[layer.index(row, column)] = stays[column];
    }
  }

  private static double[][] rows(Tensor matrix) {
    int columns = Math.toIntExact(matrix.size(1));
    double[][] rows = new double[Math.toIntExact(matrix.size(0))][columns];
    var values = matrix.contiguous().data_ptr_double();
    for (int row = 0; row < rows.length; row++) {
      values.position((long) row * columns).get(rows[row]);
    }
    return rows;
  }
}
