package org.espalier.prune.repair;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;

/**
 * Weights that were set to zero get a mean back (Pruning On-the-Fly, 2022, arXiv:2212.12651): of
 * all numbers the one that is nearest to what they were. For masks alone; where a method changed
 * kept weights to make up for the others, this would undo it.
 *
 * <p>The network isn't sparse any more. A layer is then as many values as are kept, one mean, and
 * one bit for each pruned weight where signs are kept, but no file format of ours stores it so, and
 * no kernel skips anything: it counts, is written and runs as dense, with few distinct values.
 *
 * @param signed whether pruned weights keep their signs, on the mean of their magnitudes; else all
 *     of a layer's get one and the same number
 */
public record MeanReplacement(boolean signed) implements Repair {
  @Override
  public Model repair(Removal removal, Model pruned, Calibration calibration) {
    throw new InvalidInputException(
        "repair '%s' fills zeroed weights, and removed channels leave none".formatted(this));
  }

  @Override
  public boolean needsData() {
    return false;
  }

  @Override
  public boolean mendsChannels() {
    return false;
  }

  @Override
  public boolean mendsZeros() {
    return true;
  }

  @Override
  public boolean fillsZeros() {
    return true;
  }

  @Override
  public Model mend(Model original, Model pruned, Calibration calibration) {
    Map<String, Tensor> now = Constants.of(pruned.graph());
    var filled = new LinkedHashMap<String, Tensor>();
    for (Layer layer : Layers.of(original).layers()) {
      Tensor weights = now.get(layer.weight());
      if (weights == null || weights.size() != layer.size()) {
        throw new InvalidInputException(
            "repair '%s': '%s' is %s, and was %s before pruning"
                .formatted(this, layer.weight(), weights, layer.tensor()));
      }
      filled.put(layer.weight(), filled(layer, weights));
    }
    return pruned.withGraph(Constants.replace(pruned.graph(), filled));
  }

  private Tensor filled(Layer layer, Tensor weights) {
    double sum = 0;
    int count = 0;
    for (int k = 0; k < layer.size(); k++) {
      double before = layer.tensor().realAt(k);
      double after = weights.realAt(k);
      if (after != 0 && after != before) {
        throw new InvalidInputException(
            ("repair '%s' is for weights that were only set to zero: weight %d of '%s' was %s and"
                    + " is %s")
                .formatted(this, k, layer.weight(), before, after));
      }
      if (after == 0 && before != 0) {
        sum += signed ? Math.abs(before) : before;
        count++;
      }
    }
    Tensor filled = weights.copy();
    for (int k = 0; k < layer.size() && count > 0; k++) {
      double before = layer.tensor().realAt(k);
      if (weights.realAt(k) == 0 && before != 0) {
        filled.setReal(k, sum / count * (signed ? Math.signum(before) : 1));
      }
    }
    return filled;
  }

  @Override
  public String toString() {
    return signed ? "signed-mean" : "mean";
  }
}
