package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.List;

/** On how many targets two classifiers say the same, and which ones they don't. */
final class AnswerAgreement implements Measurement.OfTwo {
  private static final List<String> COLUMNS =
      List.of("example", "label", "dense", "sure", "pruned", "sure after");

  @Override
  public String name() {
    return "agreement";
  }

  @Override
  public String title() {
    return "how often both say the same, and the examples where they don't";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    dense.testing().classes(name());
    return of(
        dense.answers(dense.testing()),
        pruned.answers(pruned.testing()),
        dense.testing().numbers(),
        dense.testing().data().classNames());
  }

  static Findings of(Answers before, Answers after, int[] numbers, List<String> classes) {
    int same = 0;
    int lost = 0;
    int won = 0;
    var rows = new ArrayList<List<Object>>();
    int size = Math.min(before.size(), after.size());
    for (int k = 0; k < size; k++) {
      if (before.predictions()[k] == after.predictions()[k]) {
        same++;
        continue;
      }
      lost += before.correct(k) ? 1 : 0;
      won += after.correct(k) ? 1 : 0;
      int number = numbers[k / before.each()];
      rows.add(
          List.of(
              before.each() == 1 ? Integer.toString(number) : number + ":" + k % before.each(),
              name(classes, before.labels()[k]),
              name(classes, before.predictions()[k]),
              100 * before.confidences()[k],
              name(classes, after.predictions()[k]),
              100 * after.confidences()[k]));
    }
    return Findings.NONE
        .and("agreement", 100.0 * same / size)
        .and("changed", size - same)
        .and("rightToWrong", lost)
        .and("wrongToRight", won)
        .and("targets", size)
        .and(new Findings.Table("changed", COLUMNS, rows));
  }

  /** A model may tell more classes apart than the data name. */
  private static String name(List<String> classes, int c) {
    return c < classes.size() ? classes.get(c) : Integer.toString(c);
  }
}
