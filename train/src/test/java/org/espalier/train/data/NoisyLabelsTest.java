package org.espalier.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

class NoisyLabelsTest {
  private static final int EXAMPLES = 311;
  private static final int CLASSES = 5;

  private final SeededRandom random = SeededRandom.fresh();
  private final Dataset clean =
      TensorDataset.classified(
          random.gaussian(EXAMPLES, 3),
          Tensor.of(random.longs(EXAMPLES, 0, CLASSES).toArray(), EXAMPLES),
          List.of("a", "b", "c", "d", "e"));

  private static long[] labels(Dataset data) {
    Tensor labels = Tensor.allocate(DataType.INT64, data.size());
    data.fill(
        IntStream.range(0, data.size()).toArray(),
        0,
        Tensor.allocate(DataType.FLOAT, data.size(), 3),
        labels);
    return IntStream.range(0, data.size()).mapToLong(labels::integerAt).toArray();
  }

  @Test
  void asManyLabelsAsAskedSayAnotherClass() {
    long[] before = labels(clean);
    for (double share : new double[] {0, 0.3, 0.5, 1}) {
      Dataset noisy = new NoisyLabels(clean, share, random.nextLong());
      long[] after = labels(noisy);
      assertThat(Arrays.stream(after).boxed()).allMatch(label -> label >= 0 && label < CLASSES);
      long wrong = IntStream.range(0, EXAMPLES).filter(k -> before[k] != after[k]).count();
      assertThat(wrong).isEqualTo(Math.round(share * EXAMPLES));
      assertThat(labels(noisy.slice(7, 50))).isEqualTo(Arrays.copyOfRange(after, 7, 50));
    }
  }

  @Test
  void everyOtherClassIsSaid() {
    int[][] counts = new int[CLASSES][CLASSES];
    long[] before = labels(clean);
    for (int seed = 0; seed < 40; seed++) {
      long[] after = labels(new NoisyLabels(clean, 1, seed));
      IntStream.range(0, EXAMPLES).forEach(k -> counts[(int) before[k]][(int) after[k]]++);
    }
    for (int is = 0; is < CLASSES; is++) {
      for (int said = 0; said < CLASSES; said++) {
        assertThat(counts[is][said] == 0).isEqualTo(is == said);
      }
    }
  }

  @Test
  void theSeedDecidesAndTheHashTells() {
    Dataset one = new NoisyLabels(clean, 0.4, 3);
    assertThat(labels(new NoisyLabels(clean, 0.4, 3))).isEqualTo(labels(one));
    assertThat(labels(new NoisyLabels(clean, 0.4, 4))).isNotEqualTo(labels(one));
    assertThat(new NoisyLabels(clean, 0.4, 3).hash()).isEqualTo(one.hash());
    assertThat(List.of(clean.hash(), new NoisyLabels(clean, 0.4, 4).hash()))
        .doesNotContain(one.hash());
  }

  @Test
  void aShareIsAShare() {
    assertThatThrownBy(() -> new NoisyLabels(clean, 1.1, 0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("label noise of 1.1, expected a share from 0 to 1");
    var numbers = TensorDataset.regression(random.gaussian(4, 3), random.gaussian(4, 1));
    assertThatThrownBy(() -> new NoisyLabels(numbers, 0.1, 0))
        .hasMessage("label noise needs examples of two classes or more");
  }
}
