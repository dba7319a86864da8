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

  /** A sum of products by their coefficients; the map becomes the size's own. */
  static Size of(SortedMap<Product, Long> terms) {
    terms.values().removeIf(coefficient -> coefficient == 0);
    Size size = new Size(terms);
    return size.weight > MAX_WEIGHT ? unknown() : size;
  }

  static Size of(Product product, long coefficient) {
    var terms = new TreeMap<Product, Long>();
    terms.put(product, coefficient);
    return of(terms);
  }

  static Size of(Atom atom) {
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

  /** The largest number that divides this whatever the symbols are; of 0, 1. */
  long divisor() {
    long common = 0;
    for (long coefficient : terms.values()) {
      common = Division.gcd(common, Math.abs(coefficient));
    }
    return Math.max(common, 1);
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
    return Division.exact(this, divisor);
  }

  /** The quotient rounded down; the divisor must not be zero. */
  Size floorDiv(Size divisor) {
    return Division.floor(this, divisor);
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
    long common = divisor();
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
    return SizeWriter.write(this);
  }
}
