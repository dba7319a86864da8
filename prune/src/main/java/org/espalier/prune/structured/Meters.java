package org.espalier.prune.structured;

import org.espalier.graph.InvalidInputException;

/**
 * What a recipe can measure with, given by who applies it.
 *
 * @param latency milliseconds of one example
 * @param accuracy in percent
 * @param estimate of the accuracy, from fewer examples; null to do without
 * @param loss on evaluation data, the lower the better
 * @param forecast of latencies, in order to choose widths; null to go by multiply-accumulates
 */
public record Meters(
    Meter latency, Meter accuracy, Meter estimate, Meter loss, Forecast.Source forecast) {
  /** Nothing can be measured. */
  public static final Meters NONE =
      new Meters(
          missing("latency", "measure on the command line"),
          missing("accuracy", "give evaluation data ('--data')"),
          null,
          missing("loss", "give evaluation data ('--data')"),
          null);

  public Meters withLatency(Meter latency) {
    return new Meters(latency, accuracy, estimate, loss, forecast);
  }

  public Meters withForecast(Forecast.Source forecast) {
    return new Meters(latency, accuracy, estimate, loss, forecast);
  }

  public Meters withAccuracy(Meter accuracy) {
    return new Meters(latency, accuracy, estimate, loss, forecast);
  }

  public Meters withEstimate(Meter estimate) {
    return new Meters(latency, accuracy, estimate, loss, forecast);
  }

  public Meters withLoss(Meter loss) {
    return new Meters(latency, accuracy, estimate, loss, forecast);
  }

  private static Meter missing(String what, String remedy) {
    return model -> {
      throw new InvalidInputException(
          "the " + what + " of a model can't be measured here: " + remedy);
    };
  }
}
