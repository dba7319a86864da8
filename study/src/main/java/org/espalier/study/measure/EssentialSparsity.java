package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.espalier.graph.Model;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Recipe;
import org.espalier.study.measure.Findings.Table;
import org.espalier.train.Evaluation;
import org.espalier.train.data.Dataset;

/**
 * How far one-shot global magnitude pruning is free (Jaiswal et al., 2023): the largest sparsity
 * that costs at most a hundredth of the dense score, and the knee, the point of the curve farthest
 * above the chord from its first to its last. Every point is a cut of its own in the ranking of the
 * weights as they are; random masks are the control.
 */
final class EssentialSparsity implements Measurement.OfOne {
  /** Where nine tenths are free still. */
  private static final double[] BEYOND = {0.95, 0.98, 0.99, 0.995};

  @Override
  public String name() {
    return "essential-sparsity";
  }

  @Override
  public String title() {
    return "how many weights magnitude pruning takes away for free";
  }

  @Override
  public Findings of(Subject subject) {
    subject.layers();
    Dataset data = subject.testing().data();
    boolean rated = data.isLabelled();
    var curve = new TreeMap<Double, Evaluation>();
    var control = new TreeMap<Double, Evaluation>();
    for (int tenths = 0; tenths < 10; tenths++) {
      subject.progress(name(), tenths, 12);
      curve.put(tenths / 10.0, at(subject, "magnitude", tenths / 10.0));
      control.put(tenths / 10.0, at(subject, "random", tenths / 10.0));
    }
    if (ScoreCurve.essential(points(curve, rated)) == curve.lastKey()) {
      long weights = subject.layers().stream().mapToLong(Layer::size).sum();
      for (double more : BEYOND) {
        if ((1 - more) * weights > subject.layers().size()) { // each keeps one at least
          curve.put(more, at(subject, "magnitude", more));
        }
      }
    }
    for (double middle : ScoreCurve.refined(points(curve, rated))) {
      curve.put(middle, at(subject, "magnitude", middle));
    }
    List<ScoreCurve.Point> points = points(curve, rated);
    String unit = rated ? "accuracy" : "loss";
    var table = new Table("curve", "sparsity", unit, unit + " of random masks");
    for (double sparsity : curve.keySet()) {
      Evaluation random = control.get(sparsity);
      table =
          table.row(
              100 * sparsity,
              shown(curve.get(sparsity), rated),
              random == null ? "-" : shown(random, rated));
    }
    return Findings.NONE
        .and("essentialSparsity", 100 * ScoreCurve.essential(points))
        .and("knee", 100 * ScoreCurve.knee(points))
        .and("essentialSparsityOfRandom", 100 * ScoreCurve.essential(points(control, rated)))
        .and(table);
  }

  private static Evaluation at(Subject subject, String method, double sparsity) {
    Model model = subject.model();
    if (sparsity > 0) {
      Recipe recipe = Recipe.named(method).seed(subject.settings().seed()).sparsity(sparsity);
      model = recipe.allocation(Allocation.GLOBAL).apply(model).model();
    }
    return subject.evaluated(model, subject.testing());
  }

  private static double shown(Evaluation evaluation, boolean rated) {
    return rated ? evaluation.percent() : evaluation.loss();
  }

  private static List<ScoreCurve.Point> points(SortedMap<Double, Evaluation> curve, boolean rated) {
    var points = new ArrayList<ScoreCurve.Point>();
    curve.forEach(
        (sparsity, evaluation) ->
            points.add(
                new ScoreCurve.Point(
                    sparsity, rated ? evaluation.accuracy() : -evaluation.loss())));
    return points;
  }
}
