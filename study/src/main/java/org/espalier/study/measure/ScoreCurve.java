package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What a curve of scores over sparsity tells, its points in ascending order of sparsity. */
final class ScoreCurve {
  private static final double TOLERANCE = 0.01;

  private ScoreCurve() {}

  /** A score at a sparsity: more is better. */
  record Point(double sparsity, double score) {}

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
