package org.espalier.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.RepeatedTest;

class WeightMatrixTest {
  private final SeededRandom random = SeededRandom.fresh();

  @RepeatedTest(20)
  void rowsAreTheSameFromEitherOrder() {
    int rows = 1 + random.nextInt(110);
    int columns = 1 + random.nextInt(50);
    float[] values = values(rows * columns);
    float[] turned = new float[values.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        turned[c * rows + r] = values[r * columns + c];
      }
    }
    WeightMatrix plain = WeightMatrix.of(values, columns);
    WeightMatrix other = WeightMatrix.of(turned, rows).transposed();
    assertThat(plain.all()).containsExactly(values);
    assertThat(other.all()).containsExactly(values);
    int first = random.nextInt(rows);
    other.read(
        first,
        rows,
        5,
        (row, count, part) -> {
          for (int k = 0; k < count * columns; k++) {
            assertThat(part[k]).isEqualTo(values[row * columns + k]);
          }
        });
  }

  @RepeatedTest(20)
  void columnsOfStripsAreCounted() {
    int rows = 1 + random.nextInt(110);
    int columns = 1 + random.nextInt(50);
    float[] values = values(rows * columns);
    int[] heights = {1, 2, 4, 6, 8};
    long[] kept = WeightMatrix.of(values, columns).columns(heights);
    for (int k = 0; k < heights.length; k++) {
      long expected = 0;
      for (int row = 0; row < rows; row += heights[k]) {
        for (int c = 0; c < columns; c++) {
          boolean any = false;
          for (int r = row; r < Math.min(rows, row + heights[k]); r++) {
            any |= values[r * columns + c] != 0;
          }
          expected += any ? 1 : 0;
        }
      }
      assertThat(kept[k]).as("%d rows in strips of %d", rows, heights[k]).isEqualTo(expected);
    }
  }

  private float[] values(int count) {
    float[] values = new float[count];
    for (int k = 0; k < count; k++) {
      values[k] = random.nextInt(4) == 0 ? (float) random.nextGaussian() : 0;
    }
    return values;
  }
}
