package org.espalier.prune.structured;

import java.util.BitSet;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.espalier.graph.Model;

/**
 * The largest removal along a path with which accuracy is measured to be high enough. Where there
 * is an estimate from fewer examples, it says about where, and all examples then decide.
 */
final class AccuracySearch {
  private static final int LEVELS = 256;

  private final Levels levels;
  private final Choice choice;
  private final Target target;
  private final Function<BitSet, Model> making;

  /**
   * @param making the model without some channels, as it will be written
   */
  AccuracySearch(Removals path, Choice choice, Target target, Function<BitSet, Model> making) {
    this.levels = Levels.of(path, choice, LEVELS);
    this.choice = choice;
    this.target = target;
    this.making = making;
  }

  /** The channels that go so that the model keeps {@code floor} percent at least. */
  BitSet above(double floor) {
    Meter estimate = choice.meters().estimate();
    int level = 0;
    if (levels.count() > 0) {
      if (estimate == null) {
        level = last(0, levels.count() + 1, at -> holds(at, floor));
      } else {
        // The same examples judge the original and what is left of it: what they share cancels.
        double bias = estimate.of(target.model()) - target.original();
        int about = last(0, levels.count() + 1, at -> estimate.of(made(at)) - bias >= floor);
        level = near(about, at -> holds(at, floor));
      }
    }
    explain(level);
    return levels.at(level);
  }

  private void explain(int level) {
    int all = levels.count();
    if (level == 0) {
      target.note("the first of %d steps costs more accuracy than allowed".formatted(all));
    } else if (level == all) {
      target.note("all channels that may go are gone");
    } else {
      target.note(
          "%d of %d steps of the way to the smallest network; one more costs too much"
              .formatted(level, all));
    }
  }

  private boolean holds(int level, double floor) {
    Model model = made(level);
    double percent = target.actual(model);
    target.measured(levels.at(level).cardinality(), percent);
    return percent >= floor;
  }

  private Model made(int level) {
    return making.apply(levels.at(level));
  }

  /** The last level that holds, from where it's thought to be in ever larger strides. */
  private int near(int about, IntPredicate holds) {
    boolean up = about == 0 || holds.test(about);
    int good = up ? about : 0;
    int bad = up ? levels.count() + 1 : about;
    for (int stride = 1; bad - good > 1; stride *= 2) {
      int next = up ? Math.min(good + stride, bad - 1) : Math.max(bad - stride, good + 1);
      boolean held = holds.test(next);
      if (held) {
        good = next;
      } else {
        bad = next;
      }
      if (held != up) {
        break;
      }
    }
    return last(good, bad, holds);
  }

  /** The last level that holds, where {@code good} does and {@code bad} doesn't, by halves. */
  private static int last(int good, int bad, IntPredicate holds) {
    int low = good;
    int high = bad;
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (holds.test(middle)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
