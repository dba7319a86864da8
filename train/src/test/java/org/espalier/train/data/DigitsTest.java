package org.espalier.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.espalier.graph.Tensor;
import org.junit.jupiter.api.Test;

final class DigitsTest {
  /** A change here changes every result on the embedded set: it should be meant. */
  private static final String GOLDEN =
      "3786dfc05adef84dbe82bbfece6269551facd00d74829fb3624652bdd2ded8aa";

  private static final int PIXELS = 784;

  @Test
  void theSameOnEveryMachine() throws IOException {
    Splits digits = Datasets.open("embedded");
    assertThat(digits.train().size()).isEqualTo(12_000);
    assertThat(digits.test().size()).isEqualTo(2_000);
    assertThat(digits.train().hash()).isEqualTo(GOLDEN);
    assertThat(Digits.draw(50, 8).hash()).isNotEqualTo(Digits.draw(50, 9).hash());
  }

  @Test
  void everyDigitIsThereAsOften() {
    ImageDataset digits = Digits.draw(1000, 4);
    int[] counts = new int[10];
    for (int k = 0; k < digits.size(); k++) {
      counts[digits.label(k)]++;
    }
    assertThat(counts).containsOnly(100);
  }

  /** Softmax regression, trained well past its best, must stay under 90%. */
  @Test
  void aLinearModelDoesNotGetThrough() throws IOException {
    Splits digits = Datasets.open("embedded");
    float[][] x = new float[12_000][];
    int[] y = new int[x.length];
    read(digits.train(), x, y);
    float[][] weights = new float[10][PIXELS + 1];
    int[] order = Splits.shuffled(x.length, 1);
    for (int epoch = 0; epoch < 12; epoch++) {
      float rate = epoch < 8 ? 0.002f : 0.0004f;
      for (int k : order) {
        learn(weights, x[k], y[k], rate);
      }
    }
    float[][] testX = new float[2_000][];
    int[] testY = new int[testX.length];
    read(digits.test(), testX, testY);
    int correct = 0;
    for (int k = 0; k < testX.length; k++) {
      float[] scores = scores(weights, testX[k]);
      int best = 0;
      for (int c = 1; c < 10; c++) {
        best = scores[c] > scores[best] ? c : best;
      }
      correct += best == testY[k] ? 1 : 0;
    }
    assertThat(correct / 2_000.0).isBetween(0.7, 0.9);
  }

  private static void read(Dataset data, float[][] x, int[] y) {
    Tensor example = Tensor.of(new float[PIXELS]);
    Tensor label = Tensor.of(new long[1]);
    for (int k = 0; k < x.length; k++) {
      data.fill(new int[] {k}, 0, example, label);
      x[k] = example.floats();
      y[k] = (int) label.integerAt(0);
    }
  }

  private static float[] scores(float[][] weights, float[] x) {
    float[] scores = new float[10];
    for (int c = 0; c < 10; c++) {
      float sum = weights[c][PIXELS];
      for (int k = 0; k < PIXELS; k++) {
        sum += weights[c][k] * x[k];
      }
      scores[c] = sum;
    }
    return scores;
  }

  private static void learn(float[][] weights, float[] x, int label, float rate) {
    float[] scores = scores(weights, x);
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score);
    }
    for (int c = 0; c < 10; c++) {
      float off = (float) (Math.exp(scores[c]) / sum) - (c == label ? 1 : 0);
      for (int k = 0; k < PIXELS; k++) {
        weights[c][k] -= rate * off * x[k];
      }
      weights[c][PIXELS] -= rate * off;
    }
  }
}
