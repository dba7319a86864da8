package org.espalier.graph.infer;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Division of sizes: exact as polynomials, or rounded down in canonical form. */
final class Division {
  private Division() {}

  /** The quotient, where the division leaves nothing. */
  static Optional<Size> exact(Size dividend, Size divisor) {
    if (divisor.is(0)) {
      return Optional.empty();
    }
    Product lead = divisor.terms().firstKey();
    long leadCoefficient = divisor.terms().get(lead);
    Size rest = dividend;
    Size quotient = Size.ZERO;
    while (!rest.is(0)) {
      Product product = rest.terms().firstKey();
      long coefficient = rest.terms().get(product);
      Optional<Product> factor = product.over(lead);
      if (factor.isEmpty() || coefficient % leadCoefficient != 0) {
        return Optional.empty();
      }
      Size step = Size.of(factor.get(), coefficient / leadCoefficient);
      quotient = quotient.plus(step);
      rest = rest.minus(step.times(divisor));
      if (rest.terms().containsKey(product)) {
        return Optional.empty(); // a product has grown too large and become unknown
      }
    }
    return Optional.of(quotient);
  }

  static Size floor(Size dividend, Size divisor) {
    if (divisor.is(0)) {
      throw new ArithmeticException("a size is divided by zero");
    }
    Optional<Size> exact = exact(dividend, divisor);
    if (exact.isPresent()) {
      return exact.get();
    }
    if (!divisor.isFixed()) {
      return Size.of(new Atom.Floor(dividend, divisor));
    }
    return divisor.fixed() > 0
        ? floor(dividend, divisor.fixed())
        : floor(dividend.times(-1), Size.of(Math.negateExact(divisor.fixed())));
  }

  /** Takes multiples of the divisor out and cancels what is common to the rest. */
  private static Size floor(Size dividend, long divisor) {
    var whole = new TreeMap<Product, Long>();
    var remainders = new TreeMap<Product, Long>();
    long common = divisor;
    for (Map.Entry<Product, Long> term : dividend.terms().entrySet()) {
      long remainder = Math.floorMod(term.getValue(), divisor);
      whole.put(term.getKey(), Math.floorDiv(term.getValue(), divisor));
      if (remainder != 0) {
        remainders.put(term.getKey(), remainder);
        common = term.getKey().isOne() ? common : gcd(common, remainder);
      }
    }
    if (remainders.isEmpty() || remainders.firstKey().isOne()) {
      return Size.of(whole);
    }
    long factor = common;
    remainders.replaceAll((_, c) -> Math.floorDiv(c, factor)); // exact but for the constant
    return Size.of(whole).plus(reduced(Size.of(remainders), divisor / factor));
  }

  /** The floor of what can't be reduced, unless it is one of a floor. */
  private static Size reduced(Size dividend, long divisor) {
    if (divisor == 1) {
      return dividend;
    }
    SortedMap<Product, Long> terms = dividend.terms();
    long offset = terms.getOrDefault(Product.ONE, 0L);
    Size variable = dividend.plus(-offset);
    if (variable.isSingle()
        && variable.terms().firstKey().atoms().getFirst() instanceof Atom.Floor inner
        && inner.divisor().isFixed()) {
      long innermost = inner.divisor().fixed();
      return floor(
          inner.dividend().plus(Math.multiplyExact(offset, innermost)),
          Size.of(Math.multiplyExact(innermost, divisor)));
    }
    return Size.of(new Atom.Floor(dividend, Size.of(divisor)));
  }

  static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
