package org.espalier.study.latency;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** At which widths a layer is timed: some, far apart, and all in one stretch where steps show. */
final class Grid {
  private static final double[] SHARES = {0.125, 0.5, 0.75, 1};
  private static final int[] STEPS = {16, 8, 4, 2};

  private Grid() {}

  /**
   * Widths far apart, ascending, the whole one included.
   *
   * @param unit of which all are multiples
   */
  static List<Integer> coarse(int size, int unit) {
    int units = size / unit;
    int step = 1;
    for (int candidate : STEPS) {
      if (step == 1 && 8 * candidate <= units) {
        step = candidate;
      }
    }
    var widths = new TreeSet<Integer>();
    for (double share : SHARES) {
      widths.add(unit * Math.max(1, (int) Math.round(share * units / step) * step));
    }
    widths.add(size);
    return List.copyOf(widths);
  }

  /** Whether steps can be seen at this width. */
  static boolean showsSteps(int size, int period) {
    return size >= 2 * period;
  }

  /** One period of widths that ends on a multiple of it, and the multiple before, ascending. */
  static List<Integer> fine(int size, int period) {
    int top = size / period * period;
    var widths = new ArrayList<Integer>();
    for (int width = top - period; width <= top; width++) {
      widths.add(width);
    }
    return widths;
  }
}
