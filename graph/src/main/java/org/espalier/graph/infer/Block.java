package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Neighbouring axes of one value that are the same elements, in the same order, as neighbouring
 * axes of another: axes {@code from} to {@code to - 1} of the first, {@code otherFrom} to {@code
 * otherTo - 1} of the second. One of the two may be empty, where the other's sizes are 1.
 *
 * @param factors what the boundaries of both sides divide the block into, the innermost first:
 *     those that are numbers, and lie inside of all symbols of their axis
 */
public record Block(int from, int to, int otherFrom, int otherTo, List<Factor> factors) {
  public Block {
    factors = List.copyOf(factors);
  }

  /**
   * A part of an axis of each side: of index {@code i} of the first, {@code i / inner % size}.
   *
   * @param size more than 1
   */
  public record Factor(long size, int axis, long inner, int otherAxis, long otherInner) {}

  /** Blocks from the left until one can't be told, then from the right up to there. */
  static List<Block> of(Dims a, Dims b) {
    var ends = new ArrayList<int[]>(); // from, to, otherFrom, otherTo
    ascending(a.sizes(), b.sizes(), ends);
    int i = ends.isEmpty() ? 0 : ends.getLast()[1];
    int j = ends.isEmpty() ? 0 : ends.getLast()[3];
    var mirrored = new ArrayList<int[]>();
    ascending(
        a.sizes().subList(i, a.rank()).reversed(),
        b.sizes().subList(j, b.rank()).reversed(),
        mirrored);
    for (int[] end : mirrored.reversed()) {
      ends.add(
          new int[] {a.rank() - end[1], a.rank() - end[0], b.rank() - end[3], b.rank() - end[2]});
    }
    var blocks = new ArrayList<Block>();
    for (int[] end : ends) {
      List<Factor> factors = factors(a, end[0], end[1], b, end[2], end[3]);
      blocks.add(new Block(end[0], end[1], end[2], end[3], factors));
    }
    return Collections.unmodifiableList(blocks);
  }

  private static void ascending(List<Size> a, List<Size> b, List<int[]> ends) {
    int i = 0;
    int j = 0;
    while (i < a.size() || j < b.size()) {
      int[] next = next(a, i, b, j);
      if (next.length == 0) {
        return;
      }
      ends.add(new int[] {i, next[0], j, next[1]});
      i = next[0];
      j = next[1];
    }
  }

  private static int[] next(List<Size> a, int i, List<Size> b, int j) {
    boolean both = i < a.size() && j < b.size();
    if (both && a.get(i).equals(b.get(j))) {
      return new int[] {i + 1, j + 1};
    }
    if (i < a.size() && a.get(i).is(1)) {
      return new int[] {i + 1, j};
    }
    if (j < b.size() && b.get(j).is(1)) {
      return new int[] {i, j + 1};
    }
    Size x = Size.ONE;
    for (int to = i; both && to < a.size(); to++) {
      x = x.times(a.get(to));
      Size y = Size.ONE;
      for (int otherTo = j; otherTo < b.size(); otherTo++) {
        y = y.times(b.get(otherTo));
        if (x.equals(y) && !x.is(0)) {
          return new int[] {to + 1, otherTo + 1};
        }
      }
    }
    return new int[0];
  }

  /** Goes through the axes of one side from the innermost on, a factor at a time. */
  private static final class Side {
    final Dims dims;
    final int from;
    int axis;
    Size left;
    long inner = 1;
    boolean isOpen;

    Side(Dims dims, int from, int to) {
      this.dims = dims;
      this.from = from;
      this.axis = to;
      next();
    }

    /** Goes on to the next axis that isn't of size 1. */
    void next() {
      inner = 1;
      isOpen = false;
      do {
        axis--;
      } while (axis >= from && dims.at(axis).is(1));
      left = axis < from ? Size.ONE : dims.at(axis);
    }

    boolean isDone() {
      return axis < from;
    }

    void take(Size factor, Size rest) {
      if (rest.is(1)) {
        next();
        return;
      }
      isOpen |= !factor.isFixed();
      inner *= factor.divisor();
      left = rest;
    }
  }

  private static List<Factor> factors(Dims a, int i, int toA, Dims b, int j, int toB) {
    var factors = new ArrayList<Factor>();
    var x = new Side(a, i, toA);
    var y = new Side(b, j, toB);
    while (!x.isDone() && !y.isDone()) {
      Optional<Size> more = x.left.over(y.left);
      Optional<Size> less = y.left.over(x.left);
      if (more.isEmpty() && less.isEmpty()) {
        return List.of();
      }
      Size factor = more.isPresent() ? y.left : x.left;
      long size = factor.divisor();
      if (size > 1 && size <= Integer.MAX_VALUE && !x.isOpen && !y.isOpen) {
        factors.add(new Factor(size, x.axis, x.inner, y.axis, y.inner));
      }
      x.take(factor, more.orElse(Size.ONE));
      y.take(factor, less.orElse(Size.ONE));
    }
    return factors;
  }
}
