package org.espalier.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RadixSortTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 31, 3072, 4099})
  void rowsAreSortedByScoreAndThenByPlace(int length) {
    var random = SeededRandom.fresh();
    var sorting = new RadixSort(length);
    for (int row = 0; row < 3; row++) {
      long[] keys = new long[length];
      for (int place = 0; place < length; place++) {
        float score =
            switch (random.nextInt(6)) {
              case 0 -> Float.NEGATIVE_INFINITY;
              case 1 -> random.nextInt(3);
              case 2 -> -0f;
              case 3 -> Float.intBitsToFloat(random.nextInt(1, Float.floatToIntBits(1e30f)));
              default -> (random.nextFloat() - 0.5f) * 1e-3f;
            };
        keys[place] = Scores.ascending(score) << 32 | place;
      }
      long[] sorted = keys.clone();
      Arrays.sort(sorted);
      sorting.sort(keys);
      assertThat(keys).isEqualTo(sorted);
    }
  }
}
