package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.Comparator;
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
  private static final double TOLERANCE = 0.01;

  /** Where nine tenths are free still. */
  private static final double[] BEYOND = {0.95, 0.98, 0.99, 0.995};

  /** A score at a sparsity: more is better. */
  record Point(double sparsity, double score) {}

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
    boolean rated = data.classes() > 0 && data.targetShape().length == 0;
    var curve = new TreeMap<Double, Evaluation>();
    var control = new TreeMap<Double, Evaluation>();
    for (int tenths = 0; tenths < 10; tenths++) {
      subject.progress(name(), tenths, 12);
      curve.put(tenths / 10.0, at(subject, "magnitude", tenths / 10.0));
      control.put(tenths / 10.0, at(subject, "random", tenths / 10.0));
    }
    if (essential(points(curve, rated)) == curve.lastKey()) {
      long weights = subject.layers().stream().mapToLong(Layer::size).sum();
      for (double more : BEYOND) {
        if ((1 - more) * weights > subject.layers().size()) { // each keeps one at least
          curve.put(more, at(subject, "magnitude", more));
        }
      }
    }
    for (double middle : refined(points(curve, rated))) {
      curve.put(middle, at(subject, "magnitude", middle));
    }
    List<Point> points = points(curve, rated);
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
        .and("essentialSparsity", 100 * essential(points))
        .and("knee", 100 * knee(points))
        .and("essentialSparsityOfRandom", 100 * essential(points(control, rated)))
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

  private static List<Point> points(SortedMap<Double, Evaluation> curve, boolean rated) {
    var points = new ArrayList<Point>();
    curve.forEach(
        (sparsity, evaluation) ->
            points.add(new Point(sparsity, rated ? evaluation.accuracy() : -evaluation.loss())));
    return points;
  }

  /** The middles of the steps where the curve leaves what is free, and where it falls most. */
  static List<Double> refined(List<Point> points) {
    double free = essential(points);
    int steepest = 0;
    var middles = new ArrayList<Double>();
    for (int k = 0; k + 1 < points.size(); k++) {
      if (fall(points, k) > fall(points, steepest)) {
        steepest = k;
      }
      if (points.get(k).sparsity() == free) {
        middles.add(middle(points, k));
      }
    }
    middles.add(middle(points, steepest));
    return middles.stream().distinct().toList();
  }

  private static double fall(List<Point> points, int k) {
    return points.get(k).score() - points.get(k + 1).score();
  }

  private static double middle(List<Point> points, int k) {
    return (points.get(k).sparsity() + points.get(k + 1).sparsity()) / 2;
  }

  /** The largest sparsity whose score is within a hundredth of the first. */
  static double essential(List<Point> points) {
    double dense = points.getFirst().score();
    double least = dense - TOLERANCE * Math.abs(dense) - 1e-12;
    return points.stream()
        .filter(point -> point.score() >= least)
        .mapToDouble(Point::sparsity)
        .max()
        .orElse(0);
  }

  /** The sparsity of the point farthest above the chord; the first of several. */
  static double knee(List<Point> points) {
    Point first = points.getFirst();
    Point last = points.getLast();
    double slope = (last.score() - first.score()) / (last.sparsity() - first.sparsity());
    return points.stream()
        .max(
            Comparator.comparingDouble(
                point -> point.score() - slope * (point.sparsity() - first.sparsity())))
        .orElseThrow()
        .sparsity();
  }
}
