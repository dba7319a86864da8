package org.espalier.graph.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The evaluator against formulations too simple to be wrong. */
class EvaluatorTest {
  private static Tensor run(String op, Map<String, Attribute> attributes, Tensor... inputs) {
    List<String> names = IntStream.range(0, inputs.length).mapToObj(k -> "in" + k).toList();
    return Evaluator.evaluate(Node.of(op, names, List.of("out"), attributes), Arrays.asList(inputs))
        .getFirst();
  }

  private static Tensor run(String op, Tensor... inputs) {
    return run(op, Map.of(), inputs);
  }

  private static long[] randomDims(SeededRandom random, int rank) {
    return LongStream.generate(() -> 1 + random.nextInt(7)).limit(rank).toArray();
  }

  /** The coordinates of a flat position. */
  private static long[] coordinates(long position, long[] dims) {
    long[] at = new long[dims.length];
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      at[axis] = position % dims[axis];
      position /= dims[axis];
    }
    return at;
  }

  private static long position(long[] at, long[] dims) {
    long position = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      position = position * dims[axis] + at[axis];
    }
    return position;
  }

  @RepeatedTest(30)
  void sumsBroadcastAsIndexArithmeticSays() {
    var random = SeededRandom.fresh();
    long[] dims = randomDims(random, 1 + random.nextInt(5));
    Tensor[] operands = new Tensor[2];
    for (int k = 0; k < 2; k++) {
      long[] own = Arrays.copyOfRange(dims, random.nextInt(dims.length + 1), dims.length);
      for (int axis = 0; axis < own.length; axis++) {
        own[axis] = random.nextInt(3) == 0 ? 1 : own[axis];
      }
      operands[k] = random.gaussian(own);
    }
    Tensor sum = run("Add", operands);
    for (long k = 0; k < sum.size(); k++) {
      long[] at = coordinates(k, sum.dims());
      float expected = 0;
      for (Tensor operand : operands) {
        long[] own = Arrays.copyOfRange(at, at.length - operand.rank(), at.length);
        for (int axis = 0; axis < own.length; axis++) {
          own[axis] = operand.dim(axis) == 1 ? 0 : own[axis];
        }
        expected += operand.floatAt(position(own, operand.dims()));
      }
      assertThat(sum.floatAt(k)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64"})
  void integersWrapAround(DataType type) {
    var random = SeededRandom.fresh();
    Tensor a = Tensor.allocate(type, 97);
    Tensor b = Tensor.allocate(type, 97);
    for (int k = 0; k < 97; k++) {
      Lanes.store(a, k, random.nextLong());
      Lanes.store(b, k, random.nextLong());
    }
    for (String op : List.of("Add", "Sub", "Mul")) {
      Tensor result = run(op, a, b);
      for (int k = 0; k < 97; k++) {
        long x = a.integerAt(k);
        long y = b.integerAt(k);
        long exact = op.equals("Add") ? x + y : op.equals("Sub") ? x - y : x * y;
        int unused = 64 - type.bits();
        long expected = type.isUnsigned() ? exact << unused >>> unused : exact << unused >> unused;
        assertThat(result.integerAt(k)).isEqualTo(expected);
      }
    }
  }

  @RepeatedTest(20)
  void transposingBackIsTheIdentity() {
    var random = SeededRandom.fresh();
    Tensor x = random.gaussian(randomDims(random, 1 + random.nextInt(5)));
    int[] order = IntStream.range(0, x.rank()).toArray();
    for (int k = order.length - 1; k > 0; k--) {
      int other = random.nextInt(k + 1);
      int kept = order[k];
      order[k] = order[other];
      order[other] = kept;
    }
    long[] perm = IntStream.of(order).asLongStream().toArray();
    long[] back = new long[perm.length];
    for (int k = 0; k < perm.length; k++) {
      back[order[k]] = k;
    }
    Tensor there = run("Transpose", Map.of("perm", Attribute.of(perm)), x);
    assertThat(run("Transpose", Map.of("perm", Attribute.of(back)), there)).isEqualTo(x);
    for (long k = 0; k < there.size(); k++) {
      long[] at = coordinates(k, there.dims());
      long[] from = new long[at.length];
      for (int axis = 0; axis < at.length; axis++) {
        from[order[axis]] = at[axis];
      }
      assertThat(there.floatAt(k)).isEqualTo(x.floatAt(position(from, x.dims())));
    }
  }

  @RepeatedTest(40)
  void slicesAsStepByStepIndexing() {
    var random = SeededRandom.fresh();
    int size = random.nextInt(9);
    long start = random.nextLong(-12, 12);
    long end = random.nextLong(-12, 12);
    long step = random.nextBoolean() ? 1 + random.nextInt(3) : -1 - random.nextInt(3);
    long from = start < 0 ? start + size : start;
    long to = end < 0 ? end + size : end;
    from = step > 0 ? Math.clamp(from, 0, size) : Math.clamp(from, 0, Math.max(0, size - 1));
    to = step > 0 ? Math.clamp(to, 0, size) : Math.clamp(to, -1, Math.max(-1, size - 1));
    var expected = new ArrayList<Long>();
    if (size > 0) {
      for (long k = from; step > 0 ? k < to : k > to; k += step) {
        expected.add(k);
      }
    }
    Tensor x = Tensor.allocate(DataType.INT64, size);
    for (int k = 0; k < size; k++) {
      Lanes.store(x, k, k);
    }
    Tensor slice = run("Slice", x, vector(start), vector(end), vector(0), vector(step));
    assertThat(slice.integers())
        .as("%d elements [%d:%d:%d]", size, start, end, step)
        .containsExactly(expected.stream().mapToLong(Long::longValue).toArray());
  }

  private static Tensor vector(long... values) {
    return Tensor.of(values, values.length);
  }

  @RepeatedTest(10)
  void productsAreSumsOfProducts() {
    var random = SeededRandom.fresh();
    int rows = 1 + random.nextInt(9);
    int depth = random.nextInt(300);
    int columns = 1 + random.nextInt(300);
    Tensor a = random.gaussian(2, 1, rows, depth);
    Tensor b = random.gaussian(3, depth, columns);
    Tensor y = run("MatMul", a, b);
    assertThat(y.dims()).containsExactly(2, 3, rows, columns);
    for (int trial = 0; trial < 50; trial++) {
      long[] at = coordinates(random.nextInt((int) y.size()), y.dims());
      double sum = 0;
      for (int k = 0; k < depth; k++) {
        sum +=
            (double) a.floatAt(position(new long[] {at[0], 0, at[2], k}, a.dims()))
                * b.floatAt(position(new long[] {at[1], k, at[3]}, b.dims()));
      }
      assertThat((double) y.floatAt(position(at, y.dims()))).isCloseTo(sum, within(1e-4));
    }
  }

  @Test
  void errorFunctionAgreesWithItsSeriesInManyDigits() {
    for (double x = 0; x < 6.5; x += 0.0371) {
      var context = new MathContext(60);
      BigDecimal term = new BigDecimal(x);
      BigDecimal square = term.multiply(term);
      BigDecimal sum = term;
      for (int n = 1; n < 250; n++) {
        term = term.multiply(square).negate().divide(BigDecimal.valueOf(n), context);
        sum = sum.add(term.divide(BigDecimal.valueOf(2L * n + 1), context), context);
      }
      double expected = sum.doubleValue() * 2 / Math.sqrt(Math.PI);
      assertThat(ErrorFunction.erf(x)).isCloseTo(expected, within(4e-15));
      assertThat(ErrorFunction.erf(-x)).isEqualTo(-ErrorFunction.erf(x));
    }
  }

  @Test
  void badInputNamesTheNode() {
    assertThatThrownBy(() -> run("Add", Tensor.of(new float[2]), Tensor.of(new float[3])))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("node 'out' (Add)")
        .hasMessageContaining("[2], [3]");
    assertThatThrownBy(() -> run("Exp", Tensor.of(new long[2])))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("INT64");
    assertThatThrownBy(() -> run("NoSuchOperator", Tensor.of(new long[2])))
        .isInstanceOf(UnsupportedModelException.class);
    assertThatThrownBy(() -> run("Div", Tensor.of(new long[2]), Tensor.of(new long[2])))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("division by zero");
  }
}
