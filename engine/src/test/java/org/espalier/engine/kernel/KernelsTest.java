package org.espalier.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.espalier.engine.kernel.Kernels.Combine;
import org.espalier.engine.kernel.Kernels.Operand;
import org.espalier.engine.kernel.Kernels.Start;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vector kernels against their scalar twins, with guards around what they may write. */
class KernelsTest {
  private static final float GUARD = 12345.5f;

  private final Kernels vector = Kernels.best();
  private final Kernels scalar = Kernels.scalar(vector.lanes());
  private final SeededRandom random = SeededRandom.fresh();

  private static MemorySegment memory(int floats) {
    return Arena.ofAuto().allocate(4L * floats, 64);
  }

  private MemorySegment random(int floats) {
    MemorySegment memory = memory(floats);
    for (int k = 0; k < floats; k++) {
      memory.setAtIndex(JAVA_FLOAT, k, (float) random.nextGaussian());
    }
    return memory;
  }

  private MemorySegment guarded(int floats) {
    MemorySegment memory = memory(floats);
    for (int k = 0; k < floats; k++) {
      memory.setAtIndex(JAVA_FLOAT, k, GUARD);
    }
    return memory;
  }

  private static float[] weights(int count, double density, Random random) {
    float[] weights = new float[count];
    for (int k = 0; k < count; k++) {
      weights[k] = random.nextDouble() < density ? (float) random.nextGaussian() : 0;
    }
    return weights;
  }

  private static void assertSame(MemorySegment expected, MemorySegment actual, double tolerance) {
    for (long k = 0; k < expected.byteSize() / 4; k++) {
      assertThat(actual.getAtIndex(JAVA_FLOAT, k))
          .as("float %d", k)
          .isCloseTo(expected.getAtIndex(JAVA_FLOAT, k), within((float) tolerance));
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "7,5,0.5", "16,32,0.1", "300,97,0.1", "10,1021,0.05", "33,64,0", "5,33,1"})
  void sparseVector(int rows, int columns, double density) {
    int lanes = vector.lanes();
    float[] weights = weights(rows * columns, density, random);
    float[] bias = weights(rows, 1, random);
    LanePacked w = LanePacked.of(weights, rows, columns, bias, lanes);
    MemorySegment x = random(w.width());
    for (int c = columns; c < w.width(); c++) {
      x.setAtIndex(JAVA_FLOAT, c, Float.NaN); // past the end: may be read, mustn't count
    }
    int length = w.slices() * lanes;
    MemorySegment actual = guarded(length + lanes);
    vector.sparseVector(w, 0, w.slices(), x, 0, actual, 0, Bounds.RELU);
    for (int row = 0; row < rows; row++) {
      double sum = bias[row];
      for (int c = 0; c < columns; c++) {
        sum +=
            weights[row * columns + c] == 0
                ? 0
                : weights[row * columns + c] * (double) x.getAtIndex(JAVA_FLOAT, c);
      }
      assertThat((double) actual.getAtIndex(JAVA_FLOAT, row))
          .isCloseTo(Math.max(0, sum), within(1e-5 * columns));
    }
    assertThat(actual.getAtIndex(JAVA_FLOAT, length)).isEqualTo(GUARD);
    MemorySegment twin = guarded(length + lanes);
    scalar.sparseVector(w, 0, w.slices(), x, 0, twin, 0, Bounds.RELU);
    assertSame(twin, actual, 1e-5 * columns);
  }

  @ParameterizedTest
  @CsvSource({
    "1,1", "3,7", "4,16", "6,3", "7,97", "13,256", "23,5", "18,0", "12,1", "1,2053", "2,513",
    "13,769"
  })
  void denseTile(int rows, int depth) {
    int tile = Kernels.TILE * vector.lanes();
    var b = new Panel(random((depth + 1) * (tile + 5)), 4, 4L * (tile + 5));
    var byRows = new Operand(random(rows * depth + 1), 0, 4L * depth, 4);
    var byColumns = new Operand(random(rows * depth + 1), 4, 4, 4L * rows);
    var start = new Start(random((rows + Kernels.TILE) * tile), 4, 4L * vector.lanes(), 8);
    for (Operand a : List.of(byRows, byColumns)) {
      for (Start from : Arrays.asList(null, start)) {
        for (Bounds bounds : List.of(Bounds.NONE, Bounds.RELU)) {
          MemorySegment expected = guarded(rows * tile + tile);
          MemorySegment actual = guarded(rows * tile + tile);
          scalar.denseTile(rows, depth, a, b, from, new Panel(expected, 0, 4L * tile), bounds);
          vector.denseTile(rows, depth, a, b, from, new Panel(actual, 0, 4L * tile), bounds);
          assertSame(expected, actual, 1e-5 * (depth + 1));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "6,3", "13,64", "23,5", "64,7"})
  void scaledTile(int rows, int depth) {
    int tile = Kernels.TILE * vector.lanes();
    var a = new Operand(random(rows * depth), 0, 4L * depth, 4);
    var b = new Panel(random(depth * tile), 0, 4L * tile);
    MemorySegment scale = random(tile + 1);
    MemorySegment expected = guarded(rows * tile + tile);
    MemorySegment actual = guarded(rows * tile + tile);
    scalar.scaledTile(rows, depth, a, b, scale, 4, new Panel(expected, 0, 4L * tile));
    vector.scaledTile(rows, depth, a, b, scale, 4, new Panel(actual, 0, 4L * tile));
    assertSame(expected, actual, 1e-4 * (depth + 1));
  }

  @ParameterizedTest
  @EnumSource(Curve.class)
  void curve(Curve curve) {
    int count = 4 * vector.lanes();
    MemorySegment x = random(count);
    float[] special = {0, -0f, 1e-3f, 20, -20, 100, -100};
    for (int k = 0; k < special.length; k++) {
      x.setAtIndex(JAVA_FLOAT, k, special[k]);
    }
    MemorySegment expected = guarded(count);
    MemorySegment actual = guarded(count);
    scalar.curve(curve, x, 0, expected, 0, count);
    vector.curve(curve, x, 0, actual, 0, count);
    assertSame(expected, actual, 2e-6);
  }

  @ParameterizedTest
  @EnumSource(names = {"GELU", "SILU"}) // the JDK's own functions change once they are compiled
  void curveOfRowsIsThatOfEachRow(Curve curve) {
    int lanes = vector.lanes();
    int rows = 1 + random.nextInt(5);
    int count = 1 + random.nextInt(5 * lanes);
    int width = (count + lanes - 1) / lanes * lanes;
    int from = width + lanes * random.nextInt(3);
    int to = width + lanes * (1 + random.nextInt(3));
    MemorySegment x = random(rows * from);
    x.setAtIndex(JAVA_FLOAT, 0, Float.NaN);
    x.setAtIndex(JAVA_FLOAT, from - 1L, 1e6f);
    x.setAtIndex(JAVA_FLOAT, (rows - 1L) * from, -1e6f);
    MemorySegment whole = guarded(rows * to);
    vector.curve(curve, rows, new Panel(x, 0, 4L * from), new Panel(whole, 0, 4L * to), count);
    MemorySegment each = guarded(rows * to);
    for (int row = 0; row < rows; row++) {
      new VectorKernels().curve(curve, x, 4L * row * from, each, 4L * row * to, count);
    }
    assertThat(whole.mismatch(each)).as("first byte that differs").isNegative();
  }

  @ParameterizedTest
  @EnumSource(Combine.class)
  void combine(Combine op) {
    int count = 3 * vector.lanes();
    MemorySegment a = random(count);
    MemorySegment b = random(count);
    MemorySegment expected = guarded(count);
    MemorySegment actual = guarded(count);
    var bounds = new Bounds(-0.5f, 6);
    scalar.combine(op, a, 0, b, 0, expected, 0, count, bounds);
    vector.combine(op, a, 0, b, 0, actual, 0, count, bounds);
    assertSame(expected, actual, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 13, 16, 31, 97})
  void compactWritesNoFurtherThanItsRows(int width) {
    int rows = 5;
    int pitch = width + 4;
    MemorySegment x = random(rows * pitch + 64);
    MemorySegment r = random(rows * width + 64);
    var from = new Panel(x, 0, 4L * pitch);
    for (Panel added : new Panel[] {null, new Panel(r, 0, 4L * width)}) {
      MemorySegment expected = guarded(rows * width + 64);
      MemorySegment actual = guarded(rows * width + 64);
      scalar.compact(rows, width, from, new Panel(expected, 0, 4L * width), added, Bounds.RELU);
      vector.compact(rows, width, from, new Panel(actual, 0, 4L * width), added, Bounds.RELU);
      assertSame(expected, actual, 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,5", "2,2,2,12", "3,3,2,31", "3,3,1,17", "7,7,1,1"})
  void windows(int rows, int taps, int stride, int count) {
    int width = count * stride + taps;
    var x = new Panel(random(rows * width + 64), 0, 4L * width);
    for (boolean max : new boolean[] {true, false}) {
      MemorySegment expected = guarded(count + 32);
      MemorySegment actual = guarded(count + 32);
      scalar.windows(max, rows, taps, stride, x, expected, 0, count, 0.25f);
      vector.windows(max, rows, taps, stride, x, actual, 0, count, 0.25f);
      assertSame(expected, actual, 1e-5);
    }
  }

  @Test
  void clampKeepsNaN() {
    MemorySegment x = memory(vector.lanes());
    x.setAtIndex(JAVA_FLOAT, 0, Float.NaN);
    vector.affine(1, 0, x, 0, x, 0, vector.lanes(), Bounds.RELU);
    assertThat(x.getAtIndex(JAVA_FLOAT, 0)).isNaN();
  }
}
