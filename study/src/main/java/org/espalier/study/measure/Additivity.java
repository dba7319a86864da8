package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Pattern;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.Selection;
import org.espalier.prune.allocation.Distortion;

/**
 * Whether what pruning all layers does to the outputs is the sum of what pruning each alone does,
 * which allocations by rate and distortion rest on (Xu et al., 2023). Layers lose random shares of
 * their weights, the smallest, and the departure is |D(all) - sum D(layer)| / D(all).
 */
final class Additivity implements Measurement.OfOne {
  private static final double[] SPARSITIES = {0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95};
  private static final int DRAWS = 2;
  private static final int SAMPLES = 128;

  /** The departure up to which sums are trusted. */
  private static final double TOLERANCE = 0.2;

  @Override
  public String name() {
    return "additivity";
  }

  @Override
  public String title() {
    return "up to which sparsity the distortions of single layers add up";
  }

  @Override
  public Findings of(Subject subject) {
    List<Layer> layers = subject.layers();
    if (layers.size() < 2) {
      throw new InvalidInputException(name() + " needs two layers that can be pruned, or more");
    }
    var random = new SplittableRandom(subject.settings().seed());
    double[][] shares = new double[DRAWS][];
    for (int draw = 0; draw < DRAWS; draw++) {
      shares[draw] = random.doubles(layers.size(), 0.5, 1.5).toArray();
    }
    var table =
        new Findings.Table(
            "sparsities",
            "sparsity",
            "distortion",
            "sum of layers",
            "departure",
            "worst example's");
    double trusted = 0;
    boolean adds = true;
    for (int k = 0; k < SPARSITIES.length; k++) {
      subject.progress(name(), k, SPARSITIES.length);
      double[] means = new double[4];
      for (double[] exponents : shares) {
        double[] found = at(subject, layers, SPARSITIES[k], exponents);
        for (int c = 0; c < means.length; c++) {
          means[c] += found[c] / DRAWS;
        }
      }
      adds &= means[2] < TOLERANCE;
      trusted = adds ? SPARSITIES[k] : trusted;
      table = table.row(100 * SPARSITIES[k], means[0], means[1], means[2], means[3]);
    }
    return Findings.NONE.and("additiveTo", 100 * trusted).and(table);
  }

  /** Distortion, sum of the layers', and the departure of both, of means and of worst examples. */
  private static double[] at(
      Subject subject, List<Layer> layers, double sparsity, double[] exponents) {
    Map<String, Mask> all = new LinkedHashMap<>();
    var changes = new ArrayList<Map<String, Mask>>();
    for (int k = 0; k < exponents.length; k++) {
      Layer layer = layers.get(k);
      Mask mask = smallestGone(layer, Math.pow(1 - sparsity, exponents[k]));
      all.put(layer.weight(), mask);
      changes.add(Map.of(layer.weight(), mask));
    }
    changes.add(all);
    List<Distortion> found = Distortion.of(subject.evidence(subject.training()), changes, SAMPLES);
    double sum = 0;
    double worst = 0;
    for (Distortion alone : found.subList(0, exponents.length)) {
      sum += alone.mean();
      worst += alone.worst();
    }
    Distortion together = found.getLast();
    return new double[] {
      together.mean(), sum, departure(together.mean(), sum), departure(together.worst(), worst)
    };
  }

  private static double departure(double together, double sum) {
    return sum == together ? 0 : Math.abs(together - sum) / together;
  }

  /** The mask that keeps this share of what isn't zero, and one weight at least. */
  private static Mask smallestGone(Layer layer, double share) {
    Mask standing = Mask.ofNonzeros(layer.tensor());
    Scores scores = Saliency.magnitude().score(layer, 0).within(standing);
    long kept = Math.max(1, Math.round(share * standing.kept()));
    return new Selection(new Pattern.Unstructured(), Allocation.UNIFORM)
        .masks(List.of(layer), List.of(scores), layer.size() - kept)
        .byWeight()
        .get(layer.weight());
  }
}
