package org.espalier.graph.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.espalier.graph.Dim;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizeTest {
  private static final String[] NAMES = {"N", "M", "seq"};

  /** An expression built twice: symbolically, and as a function of the symbols' values. */
  private record Twin(Size size, ToLongFunction<Map<String, Long>> value) {}

  @Test
  void agreesWithPlainArithmetic() {
    var random = SeededRandom.fresh();
    for (int trial = 0; trial < 3000; trial++) {
      Twin twin = twin(random, 1 + random.nextInt(4));
      for (int k = 0; k < 5; k++) {
        var values = new HashMap<String, Long>();
        var sizes = new HashMap<String, Size>();
        for (String name : NAMES) {
          long value = 1L + random.nextInt(random.nextBoolean() ? 4 : 40);
          values.put(name, value);
          sizes.put(name, Size.of(value));
        }
        long expected = twin.value().applyAsLong(values);
        Size bound = twin.size().bind(sizes);
        if (!twin.size().isUnknown()) {
          assertThat(bound).as("%s at %s", twin.size(), values).isEqualTo(Size.of(expected));
          assertThat(expected)
              .as(twin.size().toString())
              .isGreaterThanOrEqualTo(twin.size().lower());
        }
      }
      if (!twin.size().isUnknown()) {
        // Reading adds terms one by one, and what is too heavy on the way is unknown, never wrong.
        Size read = SizeParser.parse(twin.size().toString());
        assertThat(read.isUnknown() || read.equals(twin.size())).as("%s", twin.size()).isTrue();
      }
    }
  }

  private static Twin twin(SeededRandom random, int depth) {
    if (depth == 0 || random.nextInt(6) == 0) {
      if (random.nextInt(3) == 0) {
        long constant = random.nextInt(-5, 9);
        return new Twin(Size.of(constant), values -> constant);
      }
      String name = NAMES[random.nextInt(NAMES.length)];
      return new Twin(Size.symbol(name), values -> values.get(name));
    }
    Twin a = twin(random, depth - 1);
    Twin b = twin(random, depth - 1);
    ToLongFunction<Map<String, Long>> x = a.value();
    ToLongFunction<Map<String, Long>> y = b.value();
    long divisor = random.nextLong(1, 9) * (random.nextInt(5) == 0 ? -1L : 1L);
    String name = NAMES[random.nextInt(NAMES.length)];
    return switch (random.nextInt(8)) {
      case 0 -> new Twin(a.size().plus(b.size()), v -> x.applyAsLong(v) + y.applyAsLong(v));
      case 1 -> new Twin(a.size().minus(b.size()), v -> x.applyAsLong(v) - y.applyAsLong(v));
      case 2 -> new Twin(a.size().times(b.size()), v -> x.applyAsLong(v) * y.applyAsLong(v));
      case 3 ->
          new Twin(
              a.size().floorDiv(Size.of(divisor)), v -> Math.floorDiv(x.applyAsLong(v), divisor));
      case 4 ->
          new Twin(
              a.size().floorDiv(Size.symbol(name)),
              v -> Math.floorDiv(x.applyAsLong(v), v.get(name)));
      case 5 -> new Twin(a.size().max(b.size()), v -> Math.max(x.applyAsLong(v), y.applyAsLong(v)));
      case 6 -> new Twin(a.size().min(b.size()), v -> Math.min(x.applyAsLong(v), y.applyAsLong(v)));
      default ->
          new Twin(
              a.size().floorMod(Size.of(Math.abs(divisor))),
              v -> Math.floorMod(x.applyAsLong(v), Math.abs(divisor)));
    };
  }

  @ParameterizedTest
  @CsvSource({
    "N + N, 2*N",
    "4*N - N*3, N",
    "(N + 1)*(N - 1), N*N - 1",
    "(4*N + 6)//2, 2*N + 3",
    "(N*M + M)//M, N + 1",
    "N*(s + p)*8//((p + s)*8), N",
    "floor((floor((N + 1)/2) + 1)/2), floor((N + 3)/4)",
    "floor((N - 1)/2) + 1, floor((N + 1)/2)",
    "'min(3, N) + max(0, N - 3)', N",
    "'max(N, 1)', N",
    "'max(2*N, N)', 2*N",
    "'max(0, N - floor(N/2))', N - floor(N/2)",
    "past-length + 1, past-length + 1",
  })
  void equalExpressionsAreEqual(String one, String other) {
    assertThat(SizeParser.parse(one)).isEqualTo(SizeParser.parse(other));
  }

  @ParameterizedTest
  @CsvSource({"a b", "N +", "floor(seq/2 - 1/2)", "N/2", "'f(N, 2)'", "(N", "1x2*", "N%2"})
  void otherNamesAreSymbols(String name) {
    assertThat(Size.of(Dim.symbol(name)).toDim()).isEqualTo(Dim.symbol(name));
    assertThat(SizeParser.parse(name)).isEqualTo(Size.symbol(name));
  }

  @Test
  void unknownSizesEqualOnlyThemselves() {
    Size a = Size.unknown();
    assertThat(a).isNotEqualTo(Size.unknown());
    assertThat(a.times(6).floorDiv(Size.of(3))).isEqualTo(a.times(2));
    assertThat(a.minus(a)).isEqualTo(Size.ZERO);
    assertThat(a.plus(1).toDim()).isEqualTo(Dim.unknown());
  }

  @Test
  void expressionsStaySmall() {
    Size size = Size.symbol("N");
    for (int k = 0; k < 200; k++) {
      size = size.times(size.plus(1)).floorDiv(Size.of(3)).max(size.floorDiv(Size.of(7)));
    }
    assertThat(size.toString().length()).isLessThan(10_000);
  }
}
