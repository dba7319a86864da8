package org.espalier.prune.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.Tensor;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;

class RowSampleTest {
  private static Set<Float> sampled(int rows, int step) {
    var sample = new RowSample();
    for (int first = 0; first < rows; first += step) {
      int count = Math.min(step, rows - first);
      float[] values = new float[count];
      for (int k = 0; k < count; k++) {
        values[k] = first + k;
      }
      try (var _ = new PointerScope()) {
        sample.add(Libtorch.view(Tensor.of(values, 1, count, 1)));
      }
    }
    Tensor kept = sample.rows();
    var numbers = new HashSet<Float>();
    for (int k = 0; k < kept.dim(1); k++) {
      numbers.add(kept.floatAt(k));
    }
    assertThat(numbers).hasSize((int) kept.dim(1));
    return numbers;
  }

  @Test
  void aFewAreAllKeptAndManyAreThinnedWhateverTheBatches() {
    assertThat(sampled(2048, 100)).hasSize(2048);
    Set<Float> thinned = sampled(50_000, 997);
    assertThat(thinned).hasSizeBetween(1000, 2048).isEqualTo(sampled(50_000, 64));
    long early = thinned.stream().filter(row -> row < 25_000).count();
    assertThat((double) early / thinned.size()).isBetween(0.4, 0.6);
    long even = thinned.stream().filter(row -> row.intValue() % 2 == 0).count();
    assertThat((double) even / thinned.size()).isBetween(0.4, 0.6);
  }
}
