package org.espalier.graph.infer;

/**
 * Reads a symbolic dimension's name as an expression, as our own results and PyTorch's exporter
 * write them: {@code past + 1}, {@code 2*s0}, {@code floor((N + 1)/2)}. A name that isn't one is a
 * symbol as a whole.
 *
 * <p>A single slash means a real quotient to some writers, so it is read only as our own {@code
 * floor(a/b)}.
 */
final class SizeParser {
  private static final int MAX_LENGTH = 1000;

  /** The name is no expression. */
  private static final class NotAnExpression extends Exception {
    private static final long serialVersionUID = 1L;

    NotAnExpression() {
      super("not an expression", null, false, false);
    }
  }

  private final String text;
  private int next;

  private SizeParser(String text) {
    this.text = text;
  }

  static Size parse(String name) {
    if (name.length() <= MAX_LENGTH) {
      try {
        var parser = new SizeParser(name);
        Size size = parser.sum();
        if (parser.peek() == '\0') {
          return size;
        }
      } catch (NotAnExpression | ArithmeticException | NumberFormatException opaque) {
        return Size.symbol(name);
      }
    }
    return Size.symbol(name);
  }

  private Size sum() throws NotAnExpression {
    Size sum = accept("-") ? product().times(-1) : product();
    while (true) {
      if (accept("+")) {
        sum = sum.plus(product());
      } else if (accept("-")) {
        sum = sum.minus(product());
      } else {
        return sum;
      }
    }
  }

  private Size product() throws NotAnExpression {
    Size product = factor();
    while (true) {
      if (accept("*")) {
        product = product.times(factor());
      } else if (accept("//")) {
        product = product.floorDiv(factor());
      } else {
        return product;
      }
    }
  }

  private Size factor() throws NotAnExpression {
    char first = peek();
    if (accept("(")) {
      Size inner = sum();
      expect(")");
      return inner;
    }
    int start = next;
    if (Character.isDigit(first)) {
      while (next < text.length() && Character.isDigit(text.charAt(next))) {
        next++;
      }
      return Size.of(Long.parseLong(text.substring(start, next)));
    }
    if (!Character.isLetter(first) && first != '_') {
      throw new NotAnExpression();
    }
    while (next < text.length() && isNamePart()) {
      next++;
    }
    String name = text.substring(start, next);
    return next < text.length() && text.charAt(next) == '(' ? call(name) : Size.symbol(name);
  }

  /** A hyphen before a letter is part of a name, such as {@code batch-size}. */
  private boolean isNamePart() {
    char c = text.charAt(next);
    return Character.isLetterOrDigit(c)
        || c == '_'
        || c == '.'
        || (c == '-' && next + 1 < text.length() && Character.isLetter(text.charAt(next + 1)));
  }

  private Size call(String function) throws NotAnExpression {
    expect("(");
    Size first = sum();
    Size result =
        switch (function) {
          case "floor" -> {
            expect("/");
            yield first.floorDiv(factor());
          }
          case "max", "Max" -> {
            expect(",");
            yield first.max(sum());
          }
          case "min", "Min" -> {
            expect(",");
            yield first.min(sum());
          }
          default -> throw new NotAnExpression();
        };
    expect(")");
    return result;
  }

  private char peek() {
    while (next < text.length() && text.charAt(next) == ' ') {
      next++;
    }
    return next < text.length() ? text.charAt(next) : '\0';
  }

  private boolean accept(String token) {
    peek();
    boolean found = text.startsWith(token, next);
    next += found ? token.length() : 0;
    return found;
  }

  private void expect(String token) throws NotAnExpression {
    if (!accept(token)) {
      throw new NotAnExpression();
    }
  }
}
