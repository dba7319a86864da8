package org.espalier.graph.infer;

import static org.espalier.graph.infer.Size.UNBOUNDED;

import java.util.Map;

/**
 * How small an expression can be. Each term is bounded by itself; before that, a subtracted floor
 * or maximum is relaxed away, so that {@code N - floor(N/2)} is seen to be positive.
 */
final class Bounds {
  /** Each maximum doubles the work. */
  private static final int MAX_RELAXATIONS = 8;

  private Bounds() {}

  static long lower(Size size) {
    return lower(size, MAX_RELAXATIONS);
  }

  private static long lower(Size size, int relaxations) {
    if (size.isFixed()) {
      return size.fixed();
    }
    if (relaxations == 0) {
      return UNBOUNDED;
    }
    try {
      for (Map.Entry<Product, Long> term : size.terms().entrySet()) {
        if (term.getValue() < 0 && term.getKey().atoms().size() == 1) {
          switch (term.getKey().atoms().getFirst()) {
            case Atom.Positive positive -> {
              // It is one of the two, whichever.
              long without = lower(size.replacing(positive, Size.ZERO), relaxations - 1);
              Size with = size.replacing(positive, positive.size());
              return Math.min(without, lower(with, relaxations - 1));
            }
            case Atom.Floor floor when floor.divisor().isFixed() -> {
              // floor(x/d) <= x/d, on both sides times d.
              long d = floor.divisor().fixed();
              Size rest = size.replacing(floor, Size.ZERO);
              long bound =
                  lower(
                      rest.times(d).plus(floor.dividend().times(term.getValue())), relaxations - 1);
              return bound == UNBOUNDED ? UNBOUNDED : Math.ceilDiv(bound, d);
            }
            default -> {}
          }
        }
      }
      return sumOfTerms(size);
    } catch (ArithmeticException overflow) {
      return UNBOUNDED;
    }
  }

  private static long sumOfTerms(Size size) {
    long sum = 0;
    for (Map.Entry<Product, Long> term : size.terms().entrySet()) {
      long least = 1;
      for (Atom atom : term.getKey().atoms()) {
        if (atom.lower() < 0) {
          return UNBOUNDED;
        }
        least = Math.multiplyExact(least, atom.lower());
      }
      if (term.getValue() < 0 && !term.getKey().isOne()) {
        return UNBOUNDED;
      }
      sum = Math.addExact(sum, Math.multiplyExact(term.getValue(), least));
    }
    return sum;
  }
}
