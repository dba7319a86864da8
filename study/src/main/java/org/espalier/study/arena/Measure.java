package org.espalier.study.arena;

import org.espalier.train.Evaluation;
import org.espalier.train.data.Dataset;

/** What a network is judged by, which the data decide. */
public enum Measure {
  /** Percent of the targets that have the highest score. */
  ACCURACY("accuracy, %", "%.2f"),
  /** Of a language model, for each token. */
  PERPLEXITY("perplexity", "%.3f"),
  /** Mean square error, for real targets. */
  LOSS("loss", "%.4g");

  private final String label;
  private final String format;

  Measure(String label, String format) {
    this.label = label;
    this.format = format;
  }

  /** What data of this kind are judged by. */
  static Measure of(Dataset data) {
    if (data.classes() == 0) {
      return LOSS;
    }
    return data.isText() ? PERPLEXITY : ACCURACY;
  }

  double of(Evaluation evaluation) {
    return switch (this) {
      case ACCURACY -> evaluation.percent();
      case PERPLEXITY -> evaluation.perplexity();
      case LOSS -> evaluation.loss();
    };
  }

  /** Whether one score is better than another. */
  public boolean better(double one, double other) {
    return this == ACCURACY ? one > other : one < other;
  }

  /** Its name with its unit. */
  public String label() {
    return label;
  }

  /** A score in as many digits as are worth it. */
  public String written(double score) {
    return format.formatted(score);
  }
}
