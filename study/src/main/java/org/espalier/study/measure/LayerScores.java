package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;

/**
 * How evenly a network's layers would be pruned by one ranking of |w g|, as SNIP has it: each
 * layer's mean squared score m (Hayou et al., 2021), and what a global cut leaves of it. In a
 * network off the edge of chaos m grows or falls from layer to layer by a factor, and such a cut
 * empties whole layers.
 */
final class LayerScores implements Measurement.OfOne {
  /** Sparsities, in percent. */
  private static final int[] CUTS = {80, 90, 95, 98};

  /** For which one numbers are given, too. */
  private static final int USUAL = 1;

  @Override
  public String name() {
    return "layer-scores";
  }

  @Override
  public String title() {
    return "how evenly a global cut by |w g| would prune the layers";
  }

  @Override
  public Findings of(Subject subject) {
    List<Layer> layers = subject.layers();
    Evidence evidence = subject.evidence(subject.training());
    evidence.gather(Set.of(Need.GRADIENTS));
    List<float[]> scores = layers.stream().map(layer -> scores(layer, evidence)).toList();
    float[] sorted = sorted(scores);
    var kept = new double[CUTS.length][];
    for (int k = 0; k < CUTS.length; k++) {
      long gone = (long) sorted.length * CUTS[k] / 100;
      float least = sorted[(int) gone];
      kept[k] = scores.stream().mapToDouble(layer -> density(layer, least)).toArray();
    }
    double[] means = scores.stream().mapToDouble(LayerScores::meanSquare).toArray();
    var columns = new ArrayList<>(List.of("layer", "weights", "mean squared score"));
    Arrays.stream(CUTS).forEach(cut -> columns.add("kept at " + cut + "%"));
    var table = new Findings.Table("layers", columns.toArray(String[]::new));
    for (int k = 0; k < layers.size(); k++) {
      var row =
          new ArrayList<Object>(List.of(layers.get(k).weight(), layers.get(k).size(), means[k]));
      for (double[] cut : kept) {
        row.add(100 * cut[k]);
      }
      table = table.row(row.toArray());
    }
    double largest = Arrays.stream(means).max().orElseThrow();
    double smallest = Arrays.stream(means).min().orElseThrow();
    return Findings.NONE
        .and("largestToSmallest", smallest > 0 ? largest / smallest : Double.NaN)
        .and(
            "emptiedAt" + CUTS[USUAL],
            (double) Arrays.stream(kept[USUAL]).filter(x -> x == 0).count())
        .and("leastKeptAt" + CUTS[USUAL], 100 * Arrays.stream(kept[USUAL]).min().orElseThrow())
        .and(table);
  }

  private static float[] scores(Layer layer, Evidence evidence) {
    Tensor gradient = evidence.gradient(layer.weight());
    float[] scores = new float[layer.size()];
    for (int k = 0; k < scores.length; k++) {
      scores[k] = (float) Math.abs(layer.tensor().realAt(k) * gradient.realAt(k));
    }
    return scores;
  }

  private static float[] sorted(List<float[]> scores) {
    float[] sorted = new float[scores.stream().mapToInt(layer -> layer.length).sum()];
    int filled = 0;
    for (float[] layer : scores) {
      System.arraycopy(layer, 0, sorted, filled, layer.length);
      filled += layer.length;
    }
    Arrays.sort(sorted);
    return sorted;
  }

  private static double meanSquare(float[] scores) {
    double sum = 0;
    for (float score : scores) {
      sum += (double) score * score;
    }
    return sum / scores.length;
  }

  /** The share that a cut leaves; what scores nothing goes whatever the cut. */
  private static double density(float[] scores, float least) {
    int kept = 0;
    for (float score : scores) {
      kept += score >= least && score > 0 ? 1 : 0;
    }
    return (double) kept / scores.length;
  }
}
