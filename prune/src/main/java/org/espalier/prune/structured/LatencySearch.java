package org.espalier.prune.structured;

import java.util.BitSet;
import java.util.function.Function;
import org.espalier.graph.Model;
import org.espalier.graph.inspect.Inspection;

/**
 * The least removal along a path with which the model is measured to be fast enough. Forecasts say
 * where to measure, and each measurement says how far off the forecasts are: a few of whole models
 * are enough.
 */
final class LatencySearch {
  private static final int LEVELS = 1024;

  /** So near below the limit is near enough: clocks aren't finer. */
  private static final double NEAR = 0.015;

  private static final int MEASUREMENTS = 9;

  /** From here on halves, as forecasts lead nowhere. */
  private static final int FORECASTS = 6;

  private final Levels levels;
  private final Choice choice;
  private final Target target;
  private final Function<BitSet, Model> rewriting;
  private final Forecast forecast;
  private final Snapping snapping;

  LatencySearch(Removals path, Choice choice, Target target, Function<BitSet, Model> rewriting) {
    this.levels = Levels.of(path, choice, LEVELS);
    this.choice = choice;
    this.target = target;
    this.rewriting = rewriting;
    Forecast.Source source = choice.meters().forecast();
    this.forecast =
        source == null
            ? choice.costs()::macs
            : source.of(choice.subject().coupling(), choice.costs());
    this.snapping = source == null ? null : new Snapping(choice, forecast);
  }

  /** The channels that go so that the model takes {@code limit} milliseconds at most. */
  BitSet within(double limit) {
    int slow = -1;
    int fast = levels.count() + 1;
    BitSet best = null;
    double nearest = Double.POSITIVE_INFINITY;
    double scale = snapping == null ? target.original() / Inspection.of(target.model()).macs() : 1;
    for (int k = 0; k < MEASUREMENTS && fast - slow > 1; k++) {
      int level = next(k, slow, fast, limit / scale);
      BitSet removed = at(level);
      double ms = target.actual(rewriting.apply(removed));
      target.measured(removed.cardinality(), ms);
      scale = ms / foreseen(removed);
      nearest = Math.min(nearest, ms);
      if (ms <= limit) {
        fast = level;
        best = removed;
        if (ms >= (1 - NEAR) * limit) {
          break;
        }
      } else {
        slow = level;
      }
    }
    if (best == null) {
      throw target.unreachable(at(levels.count()).cardinality(), "channels", nearest);
    }
    return best;
  }

  /** The level to measure after so many measurements. */
  private int next(int measured, int slow, int fast, double limit) {
    if (measured == MEASUREMENTS - 1 && fast > levels.count()) {
      return levels.count(); // nothing was fast enough so far: whether anything is
    }
    return measured < FORECASTS
        ? first(slow + 1, Math.min(fast - 1, levels.count()), limit)
        : (slow + fast) >>> 1;
  }

  /** The first level from {@code low} on that is foreseen to be fast enough; else {@code high}. */
  private int first(int low, int high, double limit) {
    int from = low;
    int to = high;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (foreseen(at(middle)) <= limit) {
        to = middle;
      } else {
        from = middle + 1;
      }
    }
    return to;
  }

  private BitSet at(int level) {
    BitSet removed = levels.at(level);
    return snapping == null ? removed : snapping.of(removed);
  }

  private double foreseen(BitSet removed) {
    return forecast.ms(choice.costs().kept(choice.removal(removed)));
  }
}
