package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.repair.BatchNormRecalibration;
import org.espalier.train.Evaluation;

/**
 * What lies between two networks of the same form: the training loss and error at eleven points of
 * the segment between their weights, batch normalisation's statistics made anew at each (Frankle et
 * al., 2020). The barrier is how far the loss rises above the line between the ends; the linear
 * mode connectivity (Zhou et al., 2023) is the mean error of the ends less that of the point which
 * is farthest from it: well below 0 where there is a barrier.
 */
final class Connectivity implements Measurement.OfTwo {
  private static final int POINTS = 11;

  @Override
  public String name() {
    return "connectivity";
  }

  @Override
  public String title() {
    return "whether training loss rises on the way from the one's weights to the other's";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    List<Evaluation> path = path(dense, pruned);
    double[] losses = path.stream().mapToDouble(Evaluation::loss).toArray();
    double[] errors = path.stream().mapToDouble(point -> 100 - point.percent()).toArray();
    boolean classes = !Double.isNaN(errors[0]);
    var table = new Findings.Table("path", "share of the second", "loss", "error");
    for (int k = 0; k < POINTS; k++) {
      table = table.row(k / (POINTS - 1.0), losses[k], errors[k]);
    }
    return Findings.NONE
        .and("barrier", barrier(losses))
        .and("errorBarrier", classes ? barrier(errors) : Double.NaN)
        .and("lmc", deviation(classes ? errors : losses))
        .and(table);
  }

  /** Loss and accuracy on the way from one network to the other. */
  private List<Evaluation> path(Subject dense, Subject pruned) {
    Sample sample = dense.training();
    var path = new ArrayList<Evaluation>();
    for (int k = 0; k < POINTS; k++) {
      dense.progress(name(), k, POINTS);
      Model between = between(dense.model(), pruned.model(), k / (POINTS - 1.0));
      Model fresh =
          BatchNormRecalibration.recalibrated(
              between, sample.calibration(between, dense.settings().batch()));
      path.add(dense.evaluated(fresh, sample));
    }
    return path;
  }

  /** The network whose weights are {@code (1 - share) a + share b}. */
  static Model between(Model a, Model b, double share) {
    Map<String, Tensor> others = Constants.of(b.graph());
    var weights = new LinkedHashMap<String, Tensor>();
    Constants.of(a.graph())
        .forEach(
            (name, tensor) -> {
              Tensor other = others.get(name);
              if (other == null
                  || !other.shape().equals(tensor.shape())
                  || other.type() != tensor.type()) {
                throw new InvalidInputException(
                    "'%s' is %s in the one network and %s in the other: nothing lies between them"
                        .formatted(name, tensor, other == null ? "missing" : other));
              }
              if (tensor.type().isFloat()) {
                weights.put(name, mixed(tensor, other, share));
              }
            });
    return a.withGraph(Constants.replace(a.graph(), weights));
  }

  private static Tensor mixed(Tensor a, Tensor b, double share) {
    Tensor mixed = Tensor.allocate(a.type(), a.dims());
    for (long k = 0; k < mixed.size(); k++) {
      double one = a.realAt(k);
      double other = b.realAt(k);
      // Equal numbers stay what they are, infinities in masks included.
      mixed.setReal(k, one == other ? one : (1 - share) * one + share * other);
    }
    return mixed;
  }

  /** How far values rise above the line between the first and the last; 0 where they don't. */
  static double barrier(double[] values) {
    double highest = 0;
    for (int k = 0; k < values.length; k++) {
      double share = k / (values.length - 1.0);
      double line = (1 - share) * values[0] + share * values[values.length - 1];
      highest = Math.max(highest, values[k] - line);
    }
    double rounding = 1e-12 * (Math.abs(values[0]) + Math.abs(values[values.length - 1]));
    return highest <= rounding ? 0 : highest;
  }

  /** The mean of the ends less the value that is farthest from it. */
  static double deviation(double[] values) {
    double mean = (values[0] + values[values.length - 1]) / 2;
    double farthest = 0;
    for (double value : values) {
      farthest = Math.abs(mean - value) > Math.abs(farthest) ? mean - value : farthest;
    }
    return farthest;
  }
}
