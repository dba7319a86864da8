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
    Bands bands = Bands.of(height, width, 64 + random.nextInt(448), unit, 1 + random.nextInt(4));
    int[] seen = new int[height * width];
    for (int band = 0; band < bands.count(); band++) {
      int first = bands.firstPixel(band);
      int packed = bands.firstRow(band) * width + bands.firstColumn(band);
      assertThat(first % unit).as("first pixel of band %d of %s", band, bands).isZero();
      assertThat(packed + bands.lead(band)).isEqualTo(first);
      assertThat(bands.columnsOf(band)).isBetween(1, bands.columns());
      assertThat(bands.rowsOf(band)).isBetween(1, bands.rows());
      assertThat(bands.lead(band) + bands.pixels(band))
          .isBetween(
              (bands.rowsOf(band) - 1) * bands.columnsOf(band) + 1,
              bands.rowsOf(band) * bands.columnsOf(band));
      for (int pixel = first; pixel < first + bands.pixels(band); pixel++) {
        seen[pixel]++;
      }
    }
    assertThat(seen).as("%s", bands).containsOnly(1);
  }

  @RepeatedTest(100)
  void threadsThatShareAnImageAllHaveSomeOfIt() {
    int pixels = 1 + random.nextInt(300);
    int lanes = 4 << random.nextInt(3);
    int threads = 1 + random.nextInt(8);
    int sharing = Bands.sharing(1, pixels, lanes, threads);
    assertThat(sharing).isIn(1, threads);
    Bands bands = Bands.of(1, pixels, pixels / sharing + 1, Bands.unit(lanes, threads), sharing);
    assertThat(bands.count()).isGreaterThanOrEqualTo(sharing);
    for (int band = 0; band < bands.count(); band++) {
      assertThat(bands.pixels(band)).isPositive();
    }
  }
}
