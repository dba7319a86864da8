package org.espalier.study.measure;

/** How accurate a classifier is on each class. */
final class ClassAccuracy implements Measurement.OfOne {
  @Override
  public String name() {
    return "class-accuracy";
  }

  @Override
  public String title() {
    return "accuracy class by class";
  }

  @Override
  public Findings of(Subject subject) {
    int classes = subject.testing().classes(name());
    double[] accuracies = percent(subject.answers(subject.testing()), classes);
    int[] counts = counts(subject.answers(subject.testing()), classes);
    var table = new Findings.Table("classes", "class", "accuracy", "targets");
    double worst = Double.POSITIVE_INFINITY;
    double best = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      if (counts[c] > 0) {
        worst = Math.min(worst, accuracies[c]);
        best = Math.max(best, accuracies[c]);
        table = table.row(subject.testing().data().classNames().get(c), accuracies[c], counts[c]);
      }
    }
    return Findings.NONE
        .and("accuracy", subject.answers(subject.testing()).accuracy())
        .and("worst", worst)
        .and("best", best)
        .and(table);
  }

  static int[] counts(Answers answers, int classes) {
    int[] counts = new int[classes];
    for (int label : answers.labels()) {
      counts[label]++;
    }
    return counts;
  }

  /** Of each class; NaN for one without targets. */
  static double[] percent(Answers answers, int classes) {
    double[] correct = new double[classes];
    for (int k = 0; k < answers.size(); k++) {
      correct[answers.labels()[k]] += answers.correct(k) ? 100 : 0;
    }
    int[] counts = counts(answers, classes);
    for (int c = 0; c < classes; c++) {
      correct[c] = counts[c] == 0 ? Double.NaN : correct[c] / counts[c];
    }
    return correct;
  }
}
