package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** What answers, calibration, agreement and impact are on constructed cases. */
class AnswersTest {
  private static Answers answers(Tensor output, Tensor targets, boolean probabilities) {
    var tally = new AnswerTally(probabilities);
    tally.add(output, targets);
    return tally.answers();
  }

  /** A classifier of two classes that is this sure, and right or not. */
  private static Answers sure(double[] confidences, boolean[] right) {
    float[] scores = new float[2 * confidences.length];
    long[] labels = new long[confidences.length];
    for (int k = 0; k < confidences.length; k++) {
      scores[2 * k] = (float) confidences[k];
      scores[2 * k + 1] = (float) (1 - confidences[k]);
      labels[k] = right[k] ? 0 : 1;
    }
    return answers(
        Tensor.of(scores, confidences.length, 2), Tensor.of(labels, labels.length), true);
  }

  @Test
  void logitsBecomeProbabilities() {
    Answers answers =
        answers(Tensor.of(new float[] {0, (float) Math.log(3)}, 1, 2), label(0), false);
    assertThat(answers.predictions()).containsExactly(1);
    assertThat(answers.confidences()[0]).isCloseTo(0.75, within(1e-7));
    assertThat(answers.losses()[0]).isCloseTo(Math.log(4), within(1e-7));
    assertThat(answers.squares()[0]).isCloseTo(2 * 0.75 * 0.75, within(1e-7));
    assertThat(answers.accuracy()).isZero();
  }

  private static Tensor label(long... labels) {
    return Tensor.of(labels, labels.length);
  }

  @Test
  void classesAreTheLastAxisOfTokensAndTheSecondOfImages() {
    var random = SeededRandom.fresh();
    Tensor tokens = random.gaussian(3, 5, 7);
    Tensor labels = Tensor.of(random.longs(15, 0, 7).toArray(), 3, 5);
    Answers of = answers(tokens, labels, false);
    assertThat(of.each()).isEqualTo(5);
    assertThat(of.exampleLosses()).hasSize(3);
    float[] turned = new float[3 * 7 * 5];
    for (int k = 0; k < turned.length; k++) {
      turned[k / 35 * 35 + k % 7 * 5 + k / 7 % 5] = tokens.floatAt(k);
    }
    Answers images = answers(Tensor.of(turned, 3, 7, 5, 1), labels.reshape(3, 5, 1), false);
    assertThat(images.losses()).isEqualTo(of.losses());
    assertThat(images.predictions()).isEqualTo(of.predictions());
  }

  @Test
  void whatIsNoClassifierIsRefused() {
    Tensor output = Tensor.of(new float[6], 3, 2);
    assertThatThrownBy(() -> answers(output, Tensor.of(new float[3], 3), false))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected scores for classes");
    assertThatThrownBy(() -> answers(output, label(0, 1), false))
        .hasMessageContaining("for targets of shape [2]");
    assertThatThrownBy(() -> answers(output, label(0, 1, 2), false))
        .hasMessageContaining("2 classes apart, a target has class 2");
  }

  @Test
  void whoIsAsSureAsRightIsCalibrated() {
    double[] confidences = new double[100];
    boolean[] right = new boolean[100];
    for (int k = 0; k < 100; k++) {
      confidences[k] = k < 50 ? 0.6 : 0.9;
      right[k] = k < 50 ? k < 30 : k < 95;
    }
    Findings findings = CalibrationError.of(sure(confidences, right));
    assertThat(findings.number("ece")).isCloseTo(0, within(1e-5));
    assertThat(findings.number("accuracy")).isCloseTo(75, within(1e-9));
    assertThat(findings.number("confidence")).isCloseTo(75, within(1e-5));
  }

  @Test
  void whoIsAlwaysSureIsWrongByOneLessTheAccuracy() {
    double[] confidences = new double[40];
    Arrays.fill(confidences, 1);
    boolean[] right = new boolean[40];
    Arrays.fill(right, 0, 31, true);
    Findings findings = CalibrationError.of(sure(confidences, right));
    assertThat(findings.number("ece")).isCloseTo(100 - 77.5, within(1e-9));
    assertThat(findings.number("brier")).isCloseTo(2 * 0.225, within(1e-9));
  }

  @Test
  void calibrationIsThatOfTheDefinition() {
    var random = SeededRandom.fresh();
    int size = 211;
    double[] confidences = random.doubles(size, 0.5, 1).toArray();
    boolean[] right = new boolean[size];
    for (int k = 0; k < size; k++) {
      confidences[k] = (float) confidences[k];
      right[k] = random.nextBoolean();
    }
    double expected = 0;
    for (int bin = 0; bin < 15; bin++) {
      double low = bin / 15.0;
      double high = (bin + 1) / 15.0;
      int[] in =
          IntStream.range(0, size)
              .filter(k -> confidences[k] > low && confidences[k] <= high)
              .toArray();
      double sure = Arrays.stream(in).mapToDouble(k -> confidences[k]).average().orElse(0);
      double correct = Arrays.stream(in).mapToDouble(k -> right[k] ? 1 : 0).average().orElse(0);
      expected += (double) in.length / size * Math.abs(sure - correct);
    }
    assertThat(CalibrationError.of(sure(confidences, right)).number("ece"))
        .isCloseTo(100 * expected, within(1e-6));
  }

  @Test
  void agreementNamesWhatChanged() {
    Answers before = answers(scores(0, 1, 2, 0), label(0, 1, 2, 1), false);
    Answers after = answers(scores(0, 2, 2, 1), label(0, 1, 2, 1), false);
    int[] numbers = {3, 5, 8, 13};
    List<String> classes = Networks.names(3);
    Findings findings = AnswerAgreement.of(before, after, numbers, classes);
    assertThat(findings.number("agreement")).isEqualTo(50);
    assertThat(findings.number("rightToWrong")).isEqualTo(1);
    assertThat(findings.number("wrongToRight")).isEqualTo(1);
    assertThat(findings.tables().getFirst().rows())
        .extracting(row -> row.subList(0, 3))
        .containsExactly(List.of("5", "c1", "c1"), List.of("13", "c1", "c0"));
    assertThat(AnswerAgreement.of(before, before, numbers, classes).number("agreement"))
        .isEqualTo(100);
  }

  /** Scores for three classes, the highest for these. */
  private static Tensor scores(int... classes) {
    float[] scores = new float[3 * classes.length];
    for (int k = 0; k < classes.length; k++) {
      scores[3 * k + classes[k]] = 2;
    }
    return Tensor.of(scores, classes.length, 3);
  }

  /** The catalogue's: 90 and 80, 85 in all, become 80 and 78, 79 in all. */
  @Test
  void excessGapsAreThoseOfTheDefinition() {
    assertThat(DisparateImpact.gaps(new double[] {90, 80}, new double[] {80, 78}, 85 - 79))
        .containsExactly(4, -4);
  }

  @Test
  void excessGapsWeightedBySizeAddUpToNothing() {
    var random = SeededRandom.fresh();
    int size = 97;
    Tensor labels = Tensor.of(random.longs(size, 0, 5).toArray(), size);
    Answers before = answers(random.gaussian(size, 5), labels, false);
    Answers after = answers(random.gaussian(size, 5), labels, false);
    double[] gaps =
        DisparateImpact.gaps(
            ClassAccuracy.percent(before, 5),
            ClassAccuracy.percent(after, 5),
            before.accuracy() - after.accuracy());
    int[] counts = ClassAccuracy.counts(before, 5);
    double sum = IntStream.range(0, 5).mapToDouble(c -> counts[c] * gaps[c]).sum();
    assertThat(sum).isCloseTo(0, within(1e-8));
  }
}
