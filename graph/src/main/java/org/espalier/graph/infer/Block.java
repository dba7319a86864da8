package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Neighbouring axes of one value that are the same elements, in the same order, as neighbouring
 * axes of another: axes {@code from} to {@code to - 1} of the first, {@code otherFrom} to {@code
 * otherTo - 1} of the second. One of the two may be empty, where the other's sizes are 1.
 */
public record Block(int from, int to, int otherFrom, int otherTo) {
  /** Blocks from the left until one can't be told, then from the right up to there. */
  static List<Block> of(Dims a, Dims b) {
    var blocks = new ArrayList<>(ascending(a.sizes(), b.sizes()));
    int i = blocks.isEmpty() ? 0 : blocks.getLast().to;
    int j = blocks.isEmpty() ? 0 : blocks.getLast().otherTo;
    List<Block> mirrored =
        ascending(
            a.sizes().subList(i, a.rank()).reversed(), b.sizes().subList(j, b.rank()).reversed());
    for (Block block : mirrored.reversed()) {
      blocks.add(
          new Block(
              a.rank() - block.to,
              a.rank() - block.from,
              b.rank() - block.otherTo,
              b.rank() - block.otherFrom));
    }
    return Collections.unmodifiableList(blocks);
  }

  private static List<Block> ascending(List<Size> a, List<Size> b) {
    var blocks = new ArrayList<Block>();
    int i = 0;
    int j = 0;
    while (i < a.size() || j < b.size()) {
      Block block = next(a, i, b, j);
      if (block == null) {
        break;
      }
      blocks.add(block);
      i = block.to;
      j = block.otherTo;
    }
    return blocks;
  }

  private static Block next(List<Size> a, int i, List<Size> b, int j) {
    boolean both = i < a.size() && j < b.size();
    if (both && a.get(i).equals(b.get(j))) {
      return new Block(i, i + 1, j, j + 1);
    }
    if (i < a.size() && a.get(i).is(1)) {
      return new Block(i, i + 1, j, j);
    }
    if (j < b.size() && b.get(j).is(1)) {
      return new Block(i, i, j, j + 1);
    }
    Size x = Size.ONE;
    for (int to = i; both && to < a.size(); to++) {
      x = x.times(a.get(to));
      Size y = Size.ONE;
      for (int otherTo = j; otherTo < b.size(); otherTo++) {
        y = y.times(b.get(otherTo));
        if (x.equals(y) && !x.is(0)) {
          return new Block(i, to + 1, j, otherTo + 1);
        }
      }
    }
    return null;
  }
}
