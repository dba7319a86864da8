package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.torch.Libtorch;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.TensorDataset;
import org.junit.jupiter.api.Test;

/** What corruptions do to pixels, and what attacks do to a linear network. */
class RobustnessTest {
  private static final int SIDE = 9;

  private static TensorDataset images(SeededRandom random, int count) {
    return TensorDataset.classified(
        random.gaussian(count, 2, SIDE, SIDE),
        Tensor.of(random.longs(count, 0, 3).toArray(), count),
        Networks.names(3));
  }

  @Test
  void rangesAreThoseOfChannelsOrOfFeatures() {
    Tensor two = Tensor.of(new float[] {1, 5, 2, 2, 8, 0, 3, 3}, 2, 2, 1, 2);
    var data = TensorDataset.classified(two, Tensor.of(new long[] {0, 0}, 2), Networks.names(1));
    ValueRange range = ValueRange.of(data, "it");
    assertThat(range.low()).containsExactly(0, 0, 2, 2);
    assertThat(range.high()).containsExactly(8, 8, 3, 3);
    var flat =
        TensorDataset.classified(
            two.reshape(2, 4), Tensor.of(new long[] {0, 0}, 2), Networks.names(1));
    assertThat(ValueRange.of(flat, "it").low()).containsExactly(1, 0, 2, 2);
    assertThat(ValueRange.of(flat, "it").high()).containsExactly(8, 5, 3, 3);
  }

  @Test
  void tokensHaveNoRange() {
    var tokens =
        TensorDataset.classified(
            Tensor.of(new long[6], 2, 3), Tensor.of(new long[2], 2), Networks.names(2));
    assertThatThrownBy(() -> ValueRange.of(tokens, "corruption"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("corruption needs examples of real numbers, and these are INT64");
  }

  private static ValueRange wide(int size) {
    float[] low = new float[size];
    float[] high = new float[size];
    Arrays.fill(low, -100);
    Arrays.fill(high, 100);
    return new ValueRange(low, high);
  }

  @Test
  void noiseHasItsDeviationAndStaysInTheRange() {
    float[] example = new float[20_000];
    long[] shape = {example.length};
    Corruption.NOISE.apply(example, shape, wide(example.length), 5, 3);
    double square = 0;
    for (float value : example) {
      square += (double) value * value / example.length;
    }
    assertThat(Math.sqrt(square)).isCloseTo(0.1 * 200, within(0.4));
    float[] again = new float[example.length];
    Corruption.NOISE.apply(again, shape, wide(example.length), 5, 3);
    assertThat(again).isEqualTo(example);
    var narrow = new ValueRange(new float[example.length], new float[example.length]);
    Corruption.NOISE.apply(again, shape, narrow, 1, 3);
    assertThat(again).containsOnly(0);
  }

  @Test
  void contrastShrinksDifferencesFromTheMean() {
    var random = SeededRandom.fresh();
    float[] image = random.gaussian(2L * SIDE * SIDE).floats();
    float[] less = image.clone();
    Corruption.CONTRAST.apply(less, new long[] {2, SIDE, SIDE}, wide(image.length), 2, 0);
    for (int channel = 0; channel < 2; channel++) {
      int from = channel * SIDE * SIDE;
      double mean =
          IntStream.range(from, from + SIDE * SIDE).mapToDouble(k -> image[k]).average().orElse(0);
      for (int k = from; k < from + SIDE * SIDE; k++) {
        assertThat((double) less[k]).isCloseTo(mean + 0.5 * (image[k] - mean), within(1e-5));
      }
    }
  }

  /** In two dimensions at once, far from the border, with the kernel as the formula has it. */
  @Test
  void blurIsAConvolutionWithAGaussian() {
    var random = SeededRandom.fresh();
    int height = 13;
    int width = 17;
    float[] image = random.gaussian((long) height * width).floats();
    float[] blurred = image.clone();
    Corruption.BLUR.apply(blurred, new long[] {1, height, width}, wide(image.length), 5, 0);
    int y = 6;
    int x = 8;
    double sum = 0;
    double weights = 0;
    for (int dy = -4; dy <= 4; dy++) {
      for (int dx = -4; dx <= 4; dx++) {
        double weight = Math.exp(-(dy * dy + dx * dx) / 2.0);
        sum += weight * image[(y + dy) * width + x + dx];
        weights += weight;
      }
    }
    assertThat((double) blurred[y * width + x]).isCloseTo(sum / weights, within(1e-5));
    float[] even = new float[height * width];
    Arrays.fill(even, 3);
    Corruption.BLUR.apply(even, new long[] {1, height, width}, wide(even.length), 3, 0);
    for (float value : even) {
      assertThat(value).isCloseTo(3, within(1e-5f));
    }
  }

  @Test
  void anExampleIsSpoiltInTheSameWayWhereverItStands() {
    var random = SeededRandom.fresh();
    TensorDataset clean = images(random, 7);
    ValueRange range = ValueRange.of(clean, "it");
    Dataset spoilt = new Corrupted(clean, range, Corruption.NOISE, 3, 5);
    Tensor all = Networks.all(spoilt)[0];
    Tensor one = Networks.all(spoilt.subset(4))[0];
    int size = range.size();
    for (int k = 0; k < size; k++) {
      assertThat(one.floatAt(k)).isEqualTo(all.floatAt(4L * size + k));
      assertThat(one.floatAt(k)).isBetween(range.low()[k], range.high()[k]);
    }
    assertThat(all).isNotEqualTo(Networks.all(clean)[0]);
  }

  /** Two classes: one step moves each input against the sign of the weights' difference. */
  @Test
  void oneStepOnALinearNetworkIsTheClosedForm() {
    var random = SeededRandom.fresh();
    int inputs = 6;
    Model model = Networks.linear(random.gaussian(inputs, 2), random.gaussian(2));
    Tensor w = model.graph().initializer("w").orElseThrow();
    Tensor[] data = Networks.all(Networks.classified(random, 11, inputs, 2));
    ValueRange range = wide(inputs);
    double share = 1 / 400.0;
    float[] changed = attacked(model, data, new Attack(range, share, share, 1, false));
    for (int k = 0; k < changed.length; k++) {
      int label = (int) data[1].integerAt(k / inputs);
      int i = k % inputs;
      double slope = w.realAt(2L * i + (1 - label)) - w.realAt(2L * i + label);
      assertThat((double) changed[k])
          .isCloseTo(data[0].realAt(k) + Math.signum(slope) * 0.5, within(1e-5));
    }
    float[] strong = attacked(model, data, new Attack(range, share, share / 4, 10, true));
    for (int k = 0; k < strong.length; k++) {
      assertThat(strong[k])
          .as("ten steps end in the same corner")
          .isCloseTo(changed[k], within(1e-4f));
    }
  }

  @Test
  void attacksStayInTheirBallAndInTheRange() {
    var random = SeededRandom.fresh();
    Model model = Networks.perceptron(random, 6, 9, 3);
    Dataset examples = Networks.classified(random, 23, 6, 3);
    Tensor[] data = Networks.all(examples);
    ValueRange range = ValueRange.of(examples, "it");
    float[] changed = attacked(model, data, new Attack(range, 0.05, 0.02, 10, true));
    for (int k = 0; k < changed.length; k++) {
      assertThat(changed[k]).isBetween(range.low()[k % 6], range.high()[k % 6]);
      assertThat(Math.abs(changed[k] - data[0].floatAt(k)))
          .isLessThanOrEqualTo(0.05f * range.width(k % 6) + 1e-5f);
    }
    assertThat(attacked(model, data, new Attack(range, 0, 0, 3, true))).isEqualTo(data[0].floats());
  }

  private static float[] attacked(Model model, Tensor[] data, Attack attack) {
    float[][] changed = new float[1][];
    int all = (int) data[1].size();
    try (Evidence network =
        Evidence.of(model, Set.of(), Calibration.of("x", data[0], data[1], all))) {
      network.forEachBatch(
          (net, inputs, targets) -> {
            Map<String, org.bytedeco.pytorch.Tensor> out =
                attack.on(network, inputs, targets, new SplittableRandom(1));
            changed[0] = Libtorch.copy(out.get("x")).floats();
          });
    }
    return changed[0];
  }
}
