package org.espalier.study.arena;

import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.reference.OnnxRuntime;
import org.espalier.train.Evaluation;
import org.espalier.train.data.Dataset;

/** Judges networks on the test part. Knows what the dense one says there, which is asked once. */
final class Judge {
  private final Dataset test;
  private final Measure measure;
  private final Verdict dense;
  private final int[] labels;

  /**
   * What a network is worth.
   *
   * @param answers the class of each example; null where there are no classes
   */
  record Verdict(Evaluation evaluation, int[] answers) {}

  Judge(Model model, Dataset test, int threads) {
    this.test = test;
    measure = Measure.of(test);
    labels = measure == Measure.ACCURACY ? Answers.labels(test) : new int[0];
    dense = of(model, threads);
  }

  /** Judges a network with ONNX Runtime on so many threads. */
  Verdict of(Model model, int threads) {
    try (Executor executor = opened(model, threads)) {
      if (measure != Measure.ACCURACY) {
        return new Verdict(Evaluation.of(executor, model, test), null);
      }
      try (var answers = new Answers(executor, test.size())) {
        return new Verdict(Evaluation.of(answers, model, test), answers.classes());
      }
    }
  }

  static Executor opened(Model model, int threads) {
    return OnnxRuntime.of(model, OnnxRuntime.Options.standard().withThreads(threads));
  }

  /** What changed; null where there are no classes. */
  Changes changes(Verdict pruned) {
    return pruned.answers() == null ? null : Changes.of(labels, dense.answers(), pruned.answers());
  }

  Verdict dense() {
    return dense;
  }

  int label(int example) {
    return labels[example];
  }

  Measure measure() {
    return measure;
  }

  Dataset test() {
    return test;
  }
}
