package org.espalier.study.measure;

import java.util.Arrays;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Takes in answers batch by batch. */
final class AnswerTally {
  private final boolean probabilities;
  private Answers answers =
      new Answers(new int[0], new int[0], reals(0), reals(0), reals(0), new double[0][], 1);
  private int count;

  /**
   * @param probabilities whether the outputs are these; logits if not
   */
  AnswerTally(boolean probabilities) {
    this.probabilities = probabilities;
  }

  private static double[] reals(int size) {
    return new double[size];
  }

  /** Classes are the last axis, but for images of targets, where they are the second. */
  void add(Tensor output, Tensor targets) {
    boolean images = targets.rank() > 2;
    int classes = output.rank() < 2 ? 1 : Math.toIntExact(output.dim(images ? 1 : -1));
    int more = Math.toIntExact(targets.size());
    if (targets.type() != DataType.INT64 || !output.type().isFloat()) {
      throw new InvalidInputException(
          "the model gives %s for targets %s, expected scores for classes"
              .formatted(output.type(), targets.type()));
    }
    if (output.size() != (long) more * classes) {
      throw new InvalidInputException(
          "the model gives %s for targets of shape %s".formatted(output.shape(), targets.shape()));
    }
    int each = more / Math.toIntExact(targets.dim(0));
    grow(count + more, each);
    float[] scores = output.floats();
    int stride = images ? each : 1;
    for (int k = 0; k < more; k++) {
      int from = images ? k / stride * stride * classes + k % stride : k * classes;
      add(probabilities(scores, from, stride, classes), (int) targets.integerAt(k));
    }
  }

  private void grow(int size, int each) {
    answers =
        new Answers(
            Arrays.copyOf(answers.labels(), size),
            Arrays.copyOf(answers.predictions(), size),
            Arrays.copyOf(answers.confidences(), size),
            Arrays.copyOf(answers.losses(), size),
            Arrays.copyOf(answers.squares(), size),
            Arrays.copyOf(answers.highest(), size),
            each);
  }

  private double[] probabilities(float[] scores, int from, int stride, int classes) {
    double[] of = new double[classes];
    double highest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      of[c] = scores[from + c * stride];
      highest = Math.max(highest, of[c]);
    }
    if (probabilities) {
      return of;
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      of[c] = Math.exp(of[c] - highest);
      sum += of[c];
    }
    for (int c = 0; c < classes; c++) {
      of[c] /= sum;
    }
    return of;
  }

  private void add(double[] of, int label) {
    if (label < 0 || label >= of.length) {
      throw new InvalidInputException(
          "the model tells %d classes apart, a target has class %d".formatted(of.length, label));
    }
    int best = 0;
    double squares = 1 - 2 * of[label];
    for (int c = 0; c < of.length; c++) {
      best = of[c] > of[best] ? c : best;
      squares += of[c] * of[c];
    }
    answers.labels()[count] = label;
    answers.predictions()[count] = best;
    answers.confidences()[count] = of[best];
    answers.losses()[count] = -Math.log(Math.max(of[label], 1e-12));
    answers.squares()[count] = squares;
    answers.highest()[count] = highest(of);
    count++;
  }

  private static double[] highest(double[] of) {
    double[] sorted = of.clone();
    Arrays.sort(sorted);
    double[] highest = new double[Math.min(of.length, Answers.TOP)];
    Arrays.setAll(highest, k -> sorted[of.length - 1 - k]);
    return highest;
  }

  Answers answers() {
    return answers;
  }
}
