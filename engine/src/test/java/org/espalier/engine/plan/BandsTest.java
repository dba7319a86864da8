package org.espalier.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.RepeatedTest;

class BandsTest {
  private final SeededRandom random = SeededRandom.fresh();

  @RepeatedTest(200)
  void everyPixelIsInOneBandAndBandsBeginOnUnits() {
    int height = 1 + random.nextInt(60);
    int width = 1 + random.nextInt(random.nextBoolean() ? 60 : 3000);
    int unit = 1 + random.nextInt(20);
    Bands bands = Bands.of(height, width, 64 + random.nextInt(448), unit);
    int[] seen = new int[height * width];
    for (int band = 0; band < bands.count(); band++) {
      int first = bands.firstRow(band) * width + bands.firstColumn(band);
      assertThat(first % unit).as("first pixel of band %d of %s", band, bands).isZero();
      assertThat(bands.columnsOf(band)).isBetween(1, bands.columns());
      for (int row = 0; row < bands.rowsOf(band); row++) {
        for (int column = 0; column < bands.columnsOf(band); column++) {
          seen[first + row * width + column]++;
        }
      }
    }
    assertThat(seen).as("%s", bands).containsOnly(1);
  }
}
