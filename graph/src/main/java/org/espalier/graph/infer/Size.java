package org.espalier.graph.infer;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.espalier.graph.Dim;

/**
 * An integer as an expression in the model's symbols: a sum of products of atoms with integer
 * coefficients, in a canonical form, so that equal expressions are nearly always equal objects.
 *
 * <p>What isn't polynomial is an atom: {@code floor(a/b)} and {@code max(0, a)}. A minimum is
 * {@code a - max(0, a - b)}, a remainder {@code a - b*floor(a/b)}; so a slice and the rest of it
 * add up to the whole. Multiples of the divisor are taken out of a floor, a common factor is
 * cancelled, nested floors become one, and {@code max(0, -a)} is {@code max(0, a) - a}. Without the
 * canonical form, the two ways around a residual block would not be seen to meet in one size.
 *
 * <p>An expression that grows too large becomes an unknown one.
 */
final class Size {
  static final long UNBOUNDED = Long.MIN_VALUE;
  static final Size ZERO = of(0);
  static final Size ONE = of(1);

  private static final int MAX_WEIGHT = 200;

  /** No zero coefficients; the largest product comes first, the constant last. */
  private final SortedMap<Product, Long> terms;

  private final int weight;

  /** Worked out when it is first asked for. */
  private Long lower;

  private Size(SortedMap<Product, Long> terms) {
    this.terms = Collections.unmodifiableSortedMap(terms);
    this.weight = weight(terms);
  }

  private static int weight(SortedMap<Product, Long> terms) {
    int weight = 0;
    for (Product product : terms.keySet()) {
      weight++;
      for (Atom atom : product.atoms()) {
        weight += atom.weight();
      }
    }
    return weight;
  }

  private static Size of(SortedMap<Product, Long> terms) {
    terms.values().removeIf(coefficient -> coefficient == 0);
    Size size = new Size(terms);
    return size.weight > MAX_WEIGHT ? unknown() : size;
  }

  private static Size of(Product product, long coefficient) {
    var terms = new TreeMap<Product, Long>();
    terms.put(product, coefficient);
    return of(terms);
  }

  private static Size of(Atom atom) {
    return of(Product.of(atom), 1);
  }

  static Size of(long value) {
    return of(Product.ONE, value);
  }

  /** A named size. */
  static Size symbol(String name) {
    return of(new Atom.Symbol(name));
  }

  /** A size of its own, of which nothing is known. */
  static Size unknown() {
    return of(Atom.Unknown.fresh());
  }

  static Size of(Dim dim) {
    return switch (dim) {
      case Dim.Fixed(long size) -> of(size);
      case Dim.Symbol(String name) -> name.isBlank() ? unknown() : SizeParser.parse(name);
      case Dim.Unknown() -> unknown();
    };
  }

  Dim toDim() {
    if (isFixed()) {
      return Dim.of(fixed());
    }
    return isUnknown() ? Dim.unknown() : Dim.symbol(toString());
  }

  boolean isFixed() {
    return terms.isEmpty() || (terms.size() == 1 && terms.firstKey().isOne());
  }

  boolean is(long value) {
    return isFixed() && fixed() == value;
  }

  /** The value of a fixed size. */
  long fixed() {
    assert isFixed() : this;
    return terms.isEmpty() ? 0 : terms.get(Product.ONE);
  }

  boolean isUnknown() {
    return terms.keySet().stream().anyMatch(p -> p.atoms().stream().anyMatch(Atom::isUnknown));
  }

  /** Whether this is one number or one atom, so that it needs no parentheses. */
  boolean isSingle() {
    return (isFixed() && fixed() >= 0)
        || (terms.size() == 1
            && terms.firstKey().atoms().size() == 1
            && terms.get(terms.firstKey()) == 1);
  }

  int weight() {
    return weight;
  }

  Size plus(Size other) {
    var sum = new TreeMap<>(terms);
    other.terms.forEach((product, c) -> sum.merge(product, c, Math::addExact));
    return of(sum);
  }

  Size plus(long value) {
    return plus(of(value));
  }

  Size minus(Size other) {
    return plus(other.times(-1));
  }

  Size times(long factor) {
    var scaled = new TreeMap<Product, Long>();
    terms.forEach((product, c) -> scaled.put(product, Math.multiplyExact(c, factor)));
    return of(scaled);
  }

  Size times(Size other) {
    if (other.isFixed()) {
      return times(other.fixed());
    }
    if (terms.size() * other.terms.size() > MAX_WEIGHT) {
      return unknown();
    }
    var sum = new TreeMap<Product, Long>();
    terms.forEach(
        (p, c) ->
            other.terms.forEach(
                (q, d) -> sum.merge(p.times(q), Math.multiplyExact(c, d), Math::addExact)));
    return of(sum);
  }

  /** {@code this / divisor}, where the division leaves nothing. */
  Optional<Size> over(Size divisor) {
    if (divisor.terms.isEmpty()) {
      return Optional.empty();
    }
    Product lead = divisor.terms.firstKey();
    long leadCoefficient = divisor.terms.get(lead);
    Size rest = this;
    Size quotient = ZERO;
    while (!rest.terms.isEmpty()) {
      Product product = rest.terms.firstKey();
      long coefficient = rest.terms.get(product);
      Optional<Product> factor = product.over(lead);
      if (factor.isEmpty() || coefficient % leadCoefficient != 0) {
        return Optional.empty();
      }
      Size step = of(factor.get(), coefficient / leadCoefficient);
      quotient = quotient.plus(step);
      rest = rest.minus(step.times(divisor));
      if (rest.terms.containsKey(product)) {
        return Optional.empty(); // it has grown too large and become unknown
      }
    }
    return Optional.of(quotient);
  }

  /** The quotient rounded down; the divisor must not be zero. */
  Size floorDiv(Size divisor) {
    if (divisor.is(0)) {
      throw new ArithmeticException("a size is divided by zero");
    }
    Optional<Size> exact = over(divisor);
    if (exact.isPresent()) {
      return exact.get();
    }
    if (!divisor.isFixed()) {
      return of(new Atom.Floor(this, divisor));
    }
    return divisor.fixed() > 0
        ? floorDiv(divisor.fixed())
        : times(-1).floorDiv(Math.negateExact(divisor.fixed()));
  }

  private Size floorDiv(long divisor) {
    var whole = new TreeMap<Product, Long>();
    var rest = new TreeMap<Product, Long>();
    long common = divisor;
    for (Map.Entry<Product, Long> term : terms.entrySet()) {
      long remainder = Math.floorMod(term.getValue(), divisor);
      whole.put(term.getKey(), Math.floorDiv(term.getValue(), divisor));
      if (remainder != 0) {
        rest.put(term.getKey(), remainder);
        common = term.getKey().isOne() ? common : gcd(common, remainder);
      }
    }
    Size left = of(rest);
    if (left.isFixed()) {
      return of(whole);
    }
    long factor = common;
    rest.replaceAll((product, c) -> Math.floorDiv(c, factor)); // exact but for the constant
    return of(whole).plus(floorOf(of(rest), divisor / factor));
  }

  private static Size floorOf(Size dividend, long divisor) {
    if (divisor == 1) {
      return dividend;
    }
    long offset = dividend.terms.getOrDefault(Product.ONE, 0L);
    Size variable = dividend.plus(-offset);
    if (variable.isSingle()
        && variable.terms.firstKey().atoms().getFirst() instanceof Atom.Floor inner
        && inner.divisor().isFixed()) {
      long innermost = inner.divisor().fixed();
      return inner
          .dividend()
          .plus(Math.multiplyExact(offset, innermost))
          .floorDiv(of(Math.multiplyExact(innermost, divisor)));
    }
    return of(new Atom.Floor(dividend, of(divisor)));
  }

  /** The quotient rounded up, for a positive divisor. */
  Size ceilDiv(long divisor) {
    return plus(divisor - 1).floorDiv(of(divisor));
  }

  /** The remainder of the division rounded down. */
  Size floorMod(Size divisor) {
    return minus(floorDiv(divisor).times(divisor));
  }

  /** {@code max(0, this)}. */
  Size positive() {
    if (lower() >= 0) {
      return this;
    }
    Size negated = times(-1);
    if (negated.lower() >= 0) {
      return ZERO;
    }
    if (terms.get(terms.firstKey()) < 0) {
      return plus(negated.positive());
    }
    long common = 0;
    for (long coefficient : terms.values()) {
      common = gcd(common, Math.abs(coefficient));
    }
    Size reduced = over(of(common)).orElseThrow();
    return of(new Atom.Positive(reduced)).times(common);
  }

  Size max(Size other) {
    if (isFixed() && other.isFixed()) {
      return fixed() >= other.fixed() ? this : other;
    }
    return other.plus(minus(other).positive());
  }

  Size min(Size other) {
    if (isFixed() && other.isFixed()) {
      return fixed() <= other.fixed() ? this : other;
    }
    return minus(minus(other).positive());
  }

  boolean isAtLeast(Size other) {
    if (isFixed() && other.isFixed()) {
      return fixed() >= other.fixed();
    }
    return minus(other).lower() >= 0;
  }

  /** Whether this is known to be more. */
  boolean isMoreThan(Size other) {
    if (isFixed() && other.isFixed()) {
      return fixed() > other.fixed();
    }
    return minus(other).lower() > 0;
  }

  /** A value that this is known not to fall below, or {@link #UNBOUNDED}. */
  long lower() {
    if (lower == null) {
      lower = Bounds.lower(this);
    }
    return lower;
  }

  SortedMap<Product, Long> terms() {
    return terms;
  }

  /** This expression with one atom, which must stand alone in its term, replaced. */
  Size replacing(Atom atom, Size value) {
    Product alone = Product.of(atom);
    long coefficient = terms.getOrDefault(alone, 0L);
    return plus(of(alone, -coefficient)).plus(value.times(coefficient));
  }

  /** This expression with symbols replaced by what {@code values} has for them. */
  Size bind(Map<String, Size> values) {
    if (isFixed() || values.isEmpty()) {
      return this;
    }
    Size sum = ZERO;
    for (Map.Entry<Product, Long> term : terms.entrySet()) {
      Size product = of(term.getValue());
      for (Atom atom : term.getKey().atoms()) {
        product = product.times(bind(atom, values));
      }
      sum = sum.plus(product);
    }
    return sum;
  }

  private static Size bind(Atom atom, Map<String, Size> values) {
    return switch (atom) {
      case Atom.Symbol(String name) -> values.getOrDefault(name, of(atom));
      case Atom.Unknown unknown -> of(unknown);
      case Atom.Floor floor -> floor.dividend().bind(values).floorDiv(floor.divisor().bind(values));
      case Atom.Positive positive -> positive.size().bind(values).positive();
    };
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Size that && terms.equals(that.terms);
  }

  @Override
  public int hashCode() {
    return terms.hashCode();
  }

  @Override
  public String toString() {
    if (terms.isEmpty()) {
      return "0";
    }
    var text = new StringBuilder();
    long constant = terms.getOrDefault(Product.ONE, 0L);
    boolean constantFirst =
        constant > 0 && terms.headMap(Product.ONE).values().stream().allMatch(c -> c < 0);
    if (constantFirst) {
      append(text, Product.ONE, constant);
    }
    terms.headMap(Product.ONE).forEach((product, c) -> append(text, product, Math.max(c, 0)));
    terms.headMap(Product.ONE).forEach((product, c) -> append(text, product, Math.min(c, 0)));
    if (!constantFirst) {
      append(text, Product.ONE, constant);
    }
    return text.toString();
  }

  private static void append(StringBuilder text, Product product, long coefficient) {
    if (coefficient == 0) {
      return;
    }
    boolean first = text.isEmpty();
    text.append(coefficient > 0 ? first ? "" : " + " : first ? "-" : " - ");
    String magnitude = Long.toString(coefficient).replace("-", "");
    if (product.isOne()) {
      text.append(magnitude);
    } else {
      text.append(magnitude.equals("1") ? "" : magnitude + "*").append(product);
    }
  }
}
