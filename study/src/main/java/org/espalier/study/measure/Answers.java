package org.espalier.study.measure;

import java.util.Arrays;
import java.util.Map;
import org.espalier.graph.Executor;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Calibration;

/**
 * What a classifier answered, target by target: an example has one target, or one for each token or
 * pixel.
 *
 * @param labels the right classes
 * @param predictions the classes of highest probability
 * @param confidences those highest probabilities
 * @param losses minus the logarithms of the right classes' probabilities, in nats
 * @param squares the squared distances of the probabilities from certainty of the right class
 * @param highest the highest probabilities of each target in descending order, up to {@link #TOP}
 * @param each how many targets an example has
 */
record Answers(
    int[] labels,
    int[] predictions,
    double[] confidences,
    double[] losses,
    double[] squares,
    double[][] highest,
    int each) {
  /** How many of a target's probabilities are kept. */
  static final int TOP = 10;

  /** Runs a classifier over examples. */
  static Answers of(Executor executor, Calibration examples, boolean probabilities) {
    var tally = new AnswerTally(probabilities);
    examples.forEach(
        batch -> {
          Map<String, Tensor> outputs = executor.run(batch.inputs());
          tally.add(outputs.values().iterator().next(), batch.targets().orElseThrow());
        });
    return tally.answers();
  }

  int size() {
    return labels.length;
  }

  boolean correct(int k) {
    return labels[k] == predictions[k];
  }

  /** Percent of the targets that were predicted. */
  double accuracy() {
    int correct = 0;
    for (int k = 0; k < size(); k++) {
      correct += correct(k) ? 1 : 0;
    }
    return 100.0 * correct / size();
  }

  /** The mean loss of each example. */
  double[] exampleLosses() {
    double[] means = new double[size() / each];
    for (int k = 0; k < size(); k++) {
      means[k / each] += losses[k] / each;
    }
    return means;
  }

  static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }
}
