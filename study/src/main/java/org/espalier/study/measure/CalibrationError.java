package org.espalier.study.measure;

/**
 * How far a classifier's confidence is from its accuracy: the expected calibration error over 15
 * bins of equal width (Guo et al., 2017), the Brier score and the negative log-likelihood.
 */
final class CalibrationError implements Measurement.OfOne {
  private static final int BINS = 15;

  @Override
  public String name() {
    return "calibration";
  }

  @Override
  public String title() {
    return "whether it is as sure as it is right";
  }

  @Override
  public Findings of(Subject subject) {
    subject.testing().classes(name());
    return of(subject.answers(subject.testing()));
  }

  static Findings of(Answers answers) {
    double[] confidence = new double[BINS];
    double[] correct = new double[BINS];
    int[] counts = new int[BINS];
    for (int k = 0; k < answers.size(); k++) {
      // Bins are open below: a confidence of 1/15 is in the first.
      int bin = (int) Math.ceil(answers.confidences()[k] * BINS - 1e-9) - 1;
      bin = Math.clamp(bin, 0, BINS - 1);
      confidence[bin] += answers.confidences()[k];
      correct[bin] += answers.correct(k) ? 1 : 0;
      counts[bin]++;
    }
    double expected = 0;
    double largest = 0;
    var table = new Findings.Table("reliability", "confidence", "accuracy", "targets");
    for (int bin = 0; bin < BINS; bin++) {
      if (counts[bin] > 0) {
        double gap = Math.abs(correct[bin] - confidence[bin]);
        expected += gap / answers.size();
        largest = Math.max(largest, gap / counts[bin]);
        table =
            table.row(
                100 * confidence[bin] / counts[bin], 100 * correct[bin] / counts[bin], counts[bin]);
      }
    }
    return Findings.NONE
        .and("ece", 100 * expected)
        .and("largestGap", 100 * largest)
        .and("confidence", 100 * Answers.mean(answers.confidences()))
        .and("accuracy", answers.accuracy())
        .and("brier", Answers.mean(answers.squares()))
        .and("nll", Answers.mean(answers.losses()))
        .and(table);
  }
}
