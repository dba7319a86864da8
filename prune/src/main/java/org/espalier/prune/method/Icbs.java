package org.espalier.prune.method;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * iCBS (Rosenberg et al., 2024): starts from magnitudes, then takes some doubtful weights of a
 * layer at a time and decides anew which of them to keep: the loss's second-order change is a
 * {@link Qubo} in the mask, which annealing solves. Kept weights have the values that they had.
 *
 * <p>Each time, derivatives are taken of the network as it is then. The quadratic holds for small
 * changes only: a move that raises the loss on the examples is taken back, and the layer's next
 * block is half as large; after a good one it's twice as large.
 */
public final class Icbs implements WeightMethod {
  /** A layer whose blocks would be smaller is left as it is. */
  private static final int SMALLEST = 2;

  private final int steps;
  private final int block;
  private final int tries;

  public Icbs() {
    this(100, 512, 1);
  }

  /**
   * @param steps how many blocks are decided
   * @param block how many weights one has, at most
   * @param tries how often each is annealed
   */
  public Icbs(int steps, int block, int tries) {
    if (steps < 0 || block < 2 || tries < 1) {
      throw new InvalidInputException(
          "%d steps, blocks of %d, %d tries; expected 0 or more, 2 or more, 1 or more"
              .formatted(steps, block, tries));
    }
    this.steps = steps;
    this.block = block;
    this.tries = tries;
  }

  @Override
  public About about() {
    return About.of(
            "icbs",
            "iCBS: block coordinate descent",
            "Decides again and again which of a layer's doubtful weights to keep, all of them"
                + " weighed against each other, and never changes what it keeps; for small"
                + " classifiers with some hundred labelled examples, above all where nearly all"
                + " weights go.")
        .paper("Rosenberg et al.", 2024, "arXiv:2411.17796")
        .patterns("unstructured")
        .needs("sample gradients", "loss");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.LOSS, Need.MASKED_GRADIENTS);
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    List<Scores> scores = task.scores(Saliency.magnitude());
    var masks = new LinkedHashMap<>(task.select(scores).byWeight());
    var doubts = new ArrayList<DoubtfulWeights>();
    int[] sizes = new int[scores.size()];
    for (int k = 0; k < sizes.length; k++) {
      doubts.add(new DoubtfulWeights(scores.get(k), masks.get(task.layers().get(k).weight())));
      sizes[k] = Math.min(block, doubts.get(k).most());
    }
    var random = new SplittableRandom(task.seed());
    double least = loss(task, masks);
    for (int step = 0; step < steps; step++) {
      int k = draw(task.layers(), sizes, random);
      if (k < 0) {
        break;
      }
      Layer layer = task.layers().get(k);
      Mask before = masks.get(layer.weight());
      int[] places = doubts.get(k).block(before, sizes[k]);
      masks.put(layer.weight(), decided(task, masks, layer, places, random));
      double loss = masks.get(layer.weight()).equals(before) ? least : loss(task, masks);
      if (loss < least) {
        least = loss;
        sizes[k] = Math.min(2 * sizes[k], Math.min(block, doubts.get(k).most()));
      } else {
        masks.put(layer.weight(), before);
        sizes[k] /= 2;
      }
    }
    var solutions = new LinkedHashMap<String, Solution>();
    for (Layer layer : task.layers()) {
      solutions.put(layer.weight(), Solution.masked(layer, masks.get(layer.weight())));
    }
    return solutions;
  }

  /** A layer that is worth a step, in proportion to its size's logarithm; -1 where none is. */
  private static int draw(List<Layer> layers, int[] sizes, SplittableRandom random) {
    double total = 0;
    int drawn = -1;
    for (int k = 0; k < sizes.length; k++) {
      double share = sizes[k] < SMALLEST ? 0 : Math.log(layers.get(k).size());
      total += share;
      drawn = share > 0 && random.nextDouble() * total < share ? k : drawn;
    }
    return drawn;
  }

  /** A layer's mask with some of its weights decided anew. */
  private Mask decided(
      Task task, Map<String, Mask> masks, Layer layer, int[] places, SplittableRandom random) {
    Mask mask = masks.get(layer.weight());
    double[] dense = new double[places.length];
    double[] now = new double[places.length];
    boolean[] pruned = new boolean[places.length];
    for (int k = 0; k < places.length; k++) {
      dense[k] = layer.tensor().realAt(places[k]);
      pruned[k] = !mask.keeps(places[k]);
      now[k] = pruned[k] ? 0 : dense[k];
    }
    Qubo energy;
    try (Evidence evidence = on(task, masks, Set.of(layer.weight()));
        var _ = new PointerScope()) {
      var columns = org.espalier.graph.Tensor.of(places, places.length);
      Tensor gradients =
          Libtorch.view(evidence.sampleGradients(layer.weight()))
              .index_select(1, Libtorch.view(columns));
      energy = MaskEnergy.of(dense, now, gradients);
    }
    boolean[] decided = energy.annealed(pruned, tries, random);
    BitSet kept = mask.bits();
    for (int k = 0; k < places.length; k++) {
      kept.set(places[k], !decided[k]);
    }
    return Mask.keeping(mask.size(), kept);
  }

  private static Evidence on(Task task, Map<String, Mask> masks, Set<String> weights) {
    return task.evidence().on(new Masks(masks).apply(task.model()), weights);
  }

  /** The mean loss on the examples under these masks. */
  private static double loss(Task task, Map<String, Mask> masks) {
    return MeanLoss.of(task, new Masks(masks).apply(task.model()), masks.keySet());
  }
}
