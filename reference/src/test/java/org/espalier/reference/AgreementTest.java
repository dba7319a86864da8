package org.espalier.reference;

import static java.lang.Float.NEGATIVE_INFINITY;
import static java.lang.Float.NaN;
import static java.lang.Float.POSITIVE_INFINITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.espalier.graph.Bytes;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgreementTest {
  private static Tensor floats(float... values) {
    return Tensor.of(values);
  }

  @Test
  void specialValuesAgreeWithThemselvesAlone() {
    Tensor special = floats(NaN, POSITIVE_INFINITY, NEGATIVE_INFINITY, -0f, 1);
    assertThat(Agreement.of(special, special.copy()).holds()).isTrue();
    assertThat(Agreement.of(floats(-0f), floats(0f)).holds()).isTrue();
    assertThat(Agreement.of(floats(NaN), floats(1)).holds()).isFalse();
    assertThat(Agreement.of(floats(1), floats(NaN)).holds()).isFalse();
    assertThat(Agreement.of(floats(POSITIVE_INFINITY), floats(NEGATIVE_INFINITY)).holds())
        .isFalse();
    assertThat(Agreement.of(floats(1, NEGATIVE_INFINITY), floats(1, -3e38f)).reason())
        .contains("[1]")
        .contains("-Infinity");
  }

  @Test
  void relativeErrorIsOfTheElementAndNearZeroOfTheTensor() {
    Agreement large = Agreement.of(floats(100, 0), floats(101, 0));
    assertThat(large.maxRelativeError()).isCloseTo(1 / 101.0, within(1e-9));
    assertThat(large.maxAbsoluteError()).isEqualTo(1);
    assertThat(large.holds()).isFalse();
    assertThat(Agreement.of(floats(100, 0), floats(100, 5e-4f)).holds()).isTrue();
    assertThat(Agreement.of(floats(100, 0), floats(100, 5e-3f)).holds()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(floats = {1e-3f, 1e-8f, 1e-12f, 1e-30f})
  void errorsAreRelativeHoweverSmallAllNumbersAre(float size) {
    Tensor expected = floats(2 * size, -size);
    Agreement negated = Agreement.of(expected, floats(2 * size, size));
    assertThat(negated.holds()).isFalse();
    assertThat(negated.maxRelativeError()).isCloseTo(2 / 1.02, within(1e-6));
    assertThat(Agreement.of(expected, floats(0, 0)).holds()).isFalse();
    Agreement near = Agreement.of(expected, floats(2 * size, -1.0001f * size));
    assertThat(near.holds()).isTrue();
    assertThat(near.maxRelativeError()).isCloseTo(1e-4 / 1.02, within(1e-6));
  }

  @Test
  void roundingAgreesWithZerosAlone() {
    assertThat(Agreement.of(floats(0, 0), floats(1e-9f, -5e-8f)).holds()).isTrue();
    assertThat(Agreement.of(floats(0, 0), floats(0, 2e-7f)).holds()).isFalse();
    assertThat(Agreement.of(floats(1e-9f, 0), floats(0, 0)).holds()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17, 1021})
  void oneWrongElementIsFoundAndNamed(int size) {
    var random = SeededRandom.fresh();
    Tensor expected = random.gaussian(size, 3);
    Tensor actual = expected.copy();
    int wrong = random.nextInt(size);
    actual.setFloat(wrong * 3L + 1, expected.floatAt(wrong * 3L + 1) + 1);
    Agreement agreement = Agreement.of(expected, actual);
    assertThat(agreement.holds()).isFalse();
    assertThat(agreement.reason()).contains("[" + wrong + ", 1]");
    assertThat(agreement.maxAbsoluteError()).isCloseTo(1, within(1e-5));
  }

  @Test
  void integersBooleansAndStringsAreExact() {
    assertThat(Agreement.of(Tensor.of(new long[] {1, 2}), Tensor.of(new long[] {1, 3})).reason())
        .isEqualTo("1 of 2 elements differ; element [1] is 3, expected 2");
    assertThat(
            Agreement.of(Tensor.of(new boolean[] {true}), Tensor.of(new boolean[] {false})).holds())
        .isFalse();
    // Beyond 2^53, doubles would call these equal.
    assertThat(
            Agreement.of(
                    Tensor.of(new long[] {Long.MAX_VALUE}),
                    Tensor.of(new long[] {Long.MAX_VALUE - 1}))
                .holds())
        .isFalse();
    Tensor text = Tensor.ofStrings(List.of(Bytes.utf8("a")));
    assertThat(Agreement.of(text, Tensor.ofStrings(List.of(Bytes.utf8("b")))).holds()).isFalse();
    assertThat(Agreement.of(text, text).holds()).isTrue();
  }

  @Test
  void typeAndShapeComeFirst() {
    assertThat(Agreement.of(floats(1), Tensor.of(new double[] {1})).reason())
        .isEqualTo("is DOUBLE [1], expected FLOAT [1]");
    assertThat(Agreement.of(Tensor.scalar(1f), floats(1)).holds()).isFalse();
    Tensor empty = Tensor.of(new float[0], 0, 3);
    assertThat(Agreement.of(empty, empty.copy()).holds()).isTrue();
  }
}
