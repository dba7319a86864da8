package org.espalier.cli;

import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.prune.evidence.Calibration;
import org.espalier.train.CalibrationData;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;
import picocli.CommandLine.Option;

/** How many of the data's examples a network is observed on. */
final class CalibrationArguments {
  static final String HEADING = "%nWhat the network is observed on:%n";

  @Option(
      names = "--samples",
      paramLabel = "N",
      description =
          "Observe the network on so many examples of the training part, drawn from the seed;"
              + " ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int samples = 128;

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Observe so many examples at a time; ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int batch = 32;

  /** Examples of the training part, fitted to a model. */
  Calibration open(Splits splits, Model model, long seed) {
    Dataset train = splits.train();
    return Malformed.at(
        splits.source(), () -> CalibrationData.of(model, train, samples, batch, seed));
  }
}
