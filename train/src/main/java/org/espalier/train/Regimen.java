package org.espalier.train;

import java.util.List;
import org.espalier.train.data.Dataset;

/**
 * A training as a method wants it.
 *
 * @param data to learn from
 * @param options how
 * @param rules that make it the method, in the order of their moments
 */
public record Regimen(Dataset data, TrainingOptions options, List<TrainingRule> rules) {
  public Regimen {
    rules = List.copyOf(rules);
  }

  /** The task's own data and options under these rules. */
  public static Regimen of(TrainingTask task, TrainingRule... rules) {
    return new Regimen(task.data(), task.options(), List.of(rules));
  }
}
