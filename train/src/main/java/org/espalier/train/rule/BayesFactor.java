package org.espalier.train.rule;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Pattern;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.Selection;
import org.espalier.torch.Mode;
import org.espalier.train.Sample;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * Now and then proposes to do without the smallest weights, and does where the odds favour it
 * (Mathew and Rowe, 2023, arXiv:2308.02451): the Bayes factor of the sparser network against the
 * one as it is, of the data's likelihood times a Gaussian prior on the weights, as wide as they are
 * now. What is refused is trained on. From a third of the proposals on some are due whatever the
 * odds, more with each, so that the last meets the target.
 *
 * @param sparsity the target
 * @param odds that a proposal must have
 * @param proposals how many, evenly from a tenth to six tenths of the training
 */
public record BayesFactor(
    double sparsity, double odds, int proposals, Pattern pattern, Allocation allocation)
    implements TrainingRule {
  /** How many examples stand for all, where there are more, when the likelihood is told. */
  private static final int SAMPLES = 1000;

  private static final double FIRST = 0.1;
  private static final double LAST = 0.6;

  public BayesFactor {
    if (!(sparsity >= 0 && sparsity < 1 && odds >= 0) || proposals < 1) {
      throw new InvalidInputException(
          ("sparsity %s, odds %s, %d proposals; expected from 0 up to but not 1, 0 or more, 1 or"
                  + " more")
              .formatted(sparsity, odds, proposals));
    }
  }

  @Override
  public void afterUpdate(Step step) {
    int number = proposal(step);
    if (number == 0) {
      return;
    }
    List<Layer> layers = step.layers();
    Masks now = step.masks();
    List<Mask> standing = layers.stream().map(layer -> standing(now, layer)).toList();
    double size = layers.stream().mapToDouble(Layer::size).sum();
    double kept = standing.stream().mapToDouble(Mask::kept).sum();
    double goal = size - Math.round(sparsity * size);
    double due = size * Math.pow(goal / size, Math.max(0, (3.0 * number / proposals - 1) / 2));
    double share = Math.pow(Math.min(1, goal / kept), 1.0 / (proposals - number + 1));
    boolean overdue = kept > due;
    long prune = Math.round(size - Math.min(kept * share, due));
    prune = number == proposals ? Math.round(size - goal) : prune;
    var scores = new ArrayList<Scores>();
    for (int k = 0; k < standing.size(); k++) {
      Scores magnitudes = Saliency.magnitude().score(layers.get(k), step.seed());
      scores.add(magnitudes.within(standing.get(k)));
    }
    Masks sparser = new Selection(pattern, allocation).masks(layers, scores, prune);
    if (overdue || logFactor(step, sparser) > Math.log(odds)) {
      step.hold(sparser);
    }
  }

  private static Mask standing(Masks masks, Layer layer) {
    Mask mask = masks.byWeight().get(layer.weight());
    return mask == null ? Mask.all(layer.size()) : mask;
  }

  /**
   * The number of the proposal that is due after this step, from 1; 0 where none is. Where steps
   * are few several are due at once, and the last of them counts.
   */
  private int proposal(Step step) {
    int found = 0;
    for (int number = 1; number <= proposals; number++) {
      double part = proposals == 1 ? 1 : (number - 1.0) / (proposals - 1);
      long due = (long) ((FIRST + (LAST - FIRST) * part) * (step.steps() - 1));
      found = step.index() == due ? number : found;
    }
    return found;
  }

  /** The logarithm of the odds of the network under masks against the network as it is. */
  static double logFactor(Step step, Masks sparser) {
    double squares = 0;
    double removed = 0;
    double alive = 0;
    for (Layer layer : step.layers()) {
      Mask mask = sparser.byWeight().get(layer.weight());
      for (int k = 0; k < layer.size(); k++) {
        double square = Math.pow(layer.tensor().realAt(k), 2);
        squares += square;
        removed += mask.keeps(k) ? 0 : square;
        alive += square == 0 ? 0 : 1;
      }
    }
    if (removed == 0) {
      return 0;
    }
    try (var _ = new PointerScope();
        var _ = new AutoGradMode(false)) {
      Sample sample = sample(step);
      double likelihood = loss(step, sample) - lossUnder(sparser, step, sample);
      return likelihood * step.data().size() + removed * alive / (2 * squares);
    }
  }

  /** The mean loss while the weights are masked. */
  private static double lossUnder(Masks masks, Step step, Sample sample) {
    var saved = new IdentityHashMap<Tensor, Tensor>();
    try {
      for (Layer layer : step.layers()) {
        Tensor live = step.weights().get(layer.weight());
        saved.put(live, live.copy());
        live.data().copyFrom(masks.byWeight().get(layer.weight()).apply(live).data());
      }
      return loss(step, sample);
    } finally {
      saved.forEach((live, before) -> live.data().copyFrom(before.data()));
    }
  }

  private static Sample sample(Step step) {
    int all = step.data().size();
    int[] indices =
        all <= SAMPLES
            ? IntStream.range(0, all).toArray()
            : new SplittableRandom(step.seed()).ints(SAMPLES, 0, all).toArray();
    return step.sample(step.data(), indices, step.seed());
  }

  private static double loss(Step step, Sample sample) {
    var pass = step.network().show(sample.examples(), sample.targets(), Mode.EVAL, Set.of());
    return step.network().loss(pass).item().toDouble();
  }

  @Override
  public boolean isSettled(Step step) {
    double size = step.layers().stream().mapToDouble(Layer::size).sum();
    return step.masks().pruned() >= Math.round(sparsity * size);
  }
}
