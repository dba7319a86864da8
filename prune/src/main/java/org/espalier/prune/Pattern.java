package org.espalier.prune;

import java.util.regex.Matcher;
import org.espalier.graph.InvalidInputException;

/** What goes together when a layer is pruned. */
public sealed interface Pattern {
  /** Each weight alone. */
  record Unstructured() implements Pattern {
    @Override
    public String toString() {
      return "unstructured";
    }
  }

  /**
   * At most {@code kept} of every {@code group} consecutive inputs of an output stay (Mishra et
   * al., 2021). A last group that is short counts as filled with zeros.
   */
  record OfEvery(int kept, int group) implements Pattern {
    public OfEvery {
      if (kept < 1 || kept >= group) {
        throw new InvalidInputException(
            "pattern %d:%d: keeps N of every M inputs, 1 <= N < M".formatted(kept, group));
      }
    }

    @Override
    public String toString() {
      return kept + ":" + group;
    }
  }

  /**
   * Blocks of {@code rows} outputs by {@code columns} inputs go or stay as one. Blocks at the edges
   * are smaller where the layer's size isn't a multiple.
   */
  record Block(int rows, int columns) implements Pattern {
    public Block {
      if (rows < 1 || columns < 1) {
        throw new InvalidInputException(
            "pattern %dx%d: blocks of 1x1 and larger".formatted(rows, columns));
      }
    }

    @Override
    public String toString() {
      return rows + "x" + columns;
    }
  }

  /** How {@link About#patterns} calls patterns of this kind. */
  default String kind() {
    return switch (this) {
      case Unstructured() -> "unstructured";
      case OfEvery _ -> "N:M";
      case Block _ -> "block";
    };
  }

  /** Parses {@code unstructured}, {@code 2:4} or {@code 4x1}. */
  static Pattern parse(String text) {
    Matcher numbers = java.util.regex.Pattern.compile("(\\d{1,6})([:x])(\\d{1,6})").matcher(text);
    if (numbers.matches()) {
      int first = Integer.parseInt(numbers.group(1));
      int second = Integer.parseInt(numbers.group(3));
      return numbers.group(2).equals(":") ? new OfEvery(first, second) : new Block(first, second);
    }
    if (text.equals("unstructured")) {
      return new Unstructured();
    }
    throw new InvalidInputException(
        "no pattern '%s'; expected unstructured, N:M such as 2:4, or RxC such as 4x1"
            .formatted(text));
  }
}
