package org.espalier.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BatchesTest {
  /** Examples that are their own index, and labels that are the index modulo 7. */
  private static Dataset numbered(int size) {
    float[] examples = new float[size];
    long[] labels = new long[size];
    for (int k = 0; k < size; k++) {
      examples[k] = k;
      labels[k] = k % 7;
    }
    return TensorDataset.classified(
        Tensor.of(examples, size, 1),
        Tensor.of(labels),
        List.of("a", "b", "c", "d", "e", "f", "g"));
  }

  private static List<Float> drain(Batches batches) {
    var seen = new ArrayList<Float>();
    try (batches) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        for (int k = 0; k < batch.size(); k++) {
          float example = batch.inputs().floatAt(k);
          assertThat(batch.targets().integerAt(k)).isEqualTo((long) example % 7);
          seen.add(example);
        }
      }
    }
    return seen;
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "10, 3, 9", "31, 8, 31", "97, 97, 97", "97, 100, 97", "100, 1, 100"})
  void aPassHasEveryExampleOnceButALoneLastOne(int size, int batch, int expected) {
    List<Float> seen = drain(Batches.shuffled(numbered(size), batch, 3));
    assertThat(seen).hasSize(expected).doesNotHaveDuplicates();
  }

  @Test
  void inOrderIsInOrderAndComplete() {
    List<Float> seen = drain(Batches.inOrder(numbered(11), 5));
    assertThat(seen).containsExactly(0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f, 9f, 10f);
  }

  @Test
  void theOrderFollowsFromTheSeed() {
    Dataset data = numbered(101);
    List<Float> once = drain(Batches.shuffled(data, 10, 42));
    assertThat(drain(Batches.shuffled(data, 10, 42))).isEqualTo(once);
    assertThat(drain(Batches.shuffled(data, 10, 43))).isNotEqualTo(once);
    assertThat(drain(Batches.shuffled(data, 10, 42, 3))).isEqualTo(once.subList(30, once.size()));
  }

  @Test
  void whatGoesWrongAheadIsThrownHere() {
    Dataset broken =
        new Fake() {
          @Override
          public void fill(int[] indices, long seed, Tensor inputs, Tensor targets) {
            if (Arrays.stream(indices).anyMatch(k -> k == 20)) {
              throw new InvalidInputException("x.png: not an image");
            }
          }
        };
    try (Batches batches = Batches.inOrder(broken, 10)) {
      batches.next();
      batches.next();
      assertThatThrownBy(batches::next)
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("x.png: not an image");
      assertThat(batches.hasNext()).isFalse();
    }
  }

  @Test
  void closesWhileTheOtherThreadIsAtWorkOrWaiting() {
    Assertions.assertTimeoutPreemptively(
        Duration.ofMinutes(5),
        () -> {
          for (int taken = 0; taken < 5; taken++) {
            Batches batches = Batches.inOrder(new Fake(), 1);
            for (int k = 0; k < taken; k++) {
              batches.next();
            }
            batches.close();
            assertThat(batches.hasNext()).isFalse();
          }
        });
  }

  private static class Fake implements Dataset {
    @Override
    public int size() {
      return 100;
    }

    @Override
    public long[] exampleShape() {
      return new long[] {2};
    }

    @Override
    public int classes() {
      return 2;
    }

    @Override
    public void fill(int[] indices, long seed, Tensor inputs, Tensor targets) {}

    @Override
    public String hash() {
      return "";
    }
  }
}
