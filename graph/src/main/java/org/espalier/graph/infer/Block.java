package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * Neighbouring axes of one value that are the same elements, in the same order, as neighbouring
 * axes of another. One of the two may be empty, where the other's sizes are 1.
 */
public record Block(List<Part> from, List<Part> to) {
  public Block {
    from = List.copyOf(from);
    to = List.copyOf(to);
  }

  /**
   * An axis, or one of the two parts of an axis of a size such as {@code 12*N}: the symbols, and
   * inside of them the number.
   *
   * @param size the number, or -1 where this is symbolic
   */
  public record Part(int axis, long size) {
    public boolean isOpen() {
      return size < 0;
    }
  }

  private record Piece(Part part, Size size) {}

  /** Blocks from the left until one can't be told, then from the right up to there. */
  static List<Block> of(Dims a, Dims b) {
    List<Piece> from = pieces(a);
    List<Piece> to = pieces(b);
    var blocks = new ArrayList<Block>();
    int[] met = ascending(from, to, list -> list, blocks);
    List<Piece> restFrom = from.subList(met[0], from.size()).reversed();
    List<Piece> restTo = to.subList(met[1], to.size()).reversed();
    var mirrored = new ArrayList<Block>();
    ascending(restFrom, restTo, List::reversed, mirrored);
    blocks.addAll(mirrored.reversed());
    return Collections.unmodifiableList(blocks);
  }

  private static List<Piece> pieces(Dims dims) {
    var pieces = new ArrayList<Piece>();
    for (int axis = 0; axis < dims.rank(); axis++) {
      Size size = dims.at(axis);
      long number = size.divisor();
      if (size.isFixed()) {
        pieces.add(new Piece(new Part(axis, size.fixed()), size));
      } else if (number == 1) {
        pieces.add(new Piece(new Part(axis, -1), size));
      } else {
        Size symbols = size.over(Size.of(number)).orElseThrow();
        pieces.add(new Piece(new Part(axis, -1), symbols));
        pieces.add(new Piece(new Part(axis, number), Size.of(number)));
      }
    }
    return pieces;
  }

  /** Adds blocks while they can be told; how many pieces of each they take. */
  private static int[] ascending(
      List<Piece> a, List<Piece> b, Function<List<Part>, List<Part>> order, List<Block> blocks) {
    int i = 0;
    int j = 0;
    while (i < a.size() || j < b.size()) {
      int[] end = next(a, i, b, j);
      if (end.length == 0) {
        break;
      }
      blocks.add(new Block(order.apply(parts(a, i, end[0])), order.apply(parts(b, j, end[1]))));
      i = end[0];
      j = end[1];
    }
    return new int[] {i, j};
  }

  private static List<Part> parts(List<Piece> pieces, int from, int to) {
    return pieces.subList(from, to).stream().map(Piece::part).toList();
  }

  private static int[] next(List<Piece> a, int i, List<Piece> b, int j) {
    boolean both = i < a.size() && j < b.size();
    if (both && a.get(i).size.equals(b.get(j).size)) {
      return new int[] {i + 1, j + 1};
    }
    if (i < a.size() && a.get(i).size.is(1)) {
      return new int[] {i + 1, j};
    }
    if (j < b.size() && b.get(j).size.is(1)) {
      return new int[] {i, j + 1};
    }
    Size x = Size.ONE;
    for (int to = i; both && to < a.size(); to++) {
      x = x.times(a.get(to).size);
      Size y = Size.ONE;
      for (int otherTo = j; otherTo < b.size(); otherTo++) {
        y = y.times(b.get(otherTo).size);
        if (x.equals(y) && !x.is(0)) {
          return new int[] {to + 1, otherTo + 1};
        }
      }
    }
    return new int[0];
  }
}
