package org.espalier.prune.structured;

import org.espalier.graph.InvalidInputException;

/**
 * What a recipe can measure with, given by who applies it.
 *
 * @param latency milliseconds of one example
 * @param accuracy in percent
 * @param loss on evaluation data, the lower the better
 */
public record Meters(Meter latency, Meter accuracy, Meter loss) {
  /** Nothing can be measured. */
  public static final Meters NONE =
      new Meters(
          missing("latency", "measure on the command line"),
          missing("accuracy", "give evaluation data ('--data')"),
          missing("loss", "give evaluation data ('--data')"));

  public Meters withLatency(Meter latency) {
    return new Meters(latency, accuracy, loss);
  }

  public Meters withAccuracy(Meter accuracy) {
    return new Meters(latency, accuracy, loss);
  }

  public Meters withLoss(Meter loss) {
    return new Meters(latency, accuracy, loss);
  }

  private static Meter missing(String what, String remedy) {
    return model -> {
      throw new InvalidInputException(
          "the " + what + " of a model can't be measured here: " + remedy);
    };
  }
}
