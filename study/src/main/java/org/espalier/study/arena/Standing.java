package org.espalier.study.arena;

import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one method did at one budget, over all seeds.
 *
 * @param runs how many seeds gave a result
 * @param failed how many gave none
 * @param mean of the scores; NaN where there are none
 * @param spread the scores' standard deviation; NaN where fewer than two seeds gave a result
 * @param density the mean share of parameters that are left and not zero
 * @param seconds the mean time of a pruning
 * @param front whether no other is both smaller and better, nor one of them at an equal other
 */
public record Standing(
    String method,
    String budget,
    int runs,
    int failed,
    double mean,
    double spread,
    double density,
    double seconds,
    boolean front) {

  static Standing of(String method, String budget, List<Row> all, Measure measure) {
    List<Row> rows = all.stream().filter(row -> !row.failed()).toList();
    double mean = mean(rows, row -> row.score(measure));
    double squares = rows.stream().mapToDouble(row -> square(row.score(measure) - mean)).sum();
    return new Standing(
        method,
        budget,
        rows.size(),
        all.size() - rows.size(),
        mean,
        rows.size() < 2 ? Double.NaN : Math.sqrt(squares / (rows.size() - 1)),
        mean(rows, Row::density),
        mean(rows, Row::seconds),
        false);
  }

  private static double mean(List<Row> rows, ToDoubleFunction<Row> value) {
    DoubleSummaryStatistics all = rows.stream().mapToDouble(value).summaryStatistics();
    return all.getCount() == 0 ? Double.NaN : all.getAverage();
  }

  private static double square(double value) {
    return value * value;
  }

  /** The same, knowing whether any of these is smaller and better. */
  Standing among(List<Standing> all, Measure measure) {
    boolean front = runs > 0 && all.stream().noneMatch(other -> other.beats(this, measure));
    return new Standing(method, budget, runs, failed, mean, spread, density, seconds, front);
  }

  private boolean beats(Standing other, Measure measure) {
    boolean noWorse = density <= other.density && !measure.better(other.mean, mean);
    return runs > 0 && noWorse && (density < other.density || measure.better(mean, other.mean));
  }
}
