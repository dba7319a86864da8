package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Allocation;
import org.espalier.study.Outputs;
import org.espalier.study.measure.RegimeGrid;
import org.espalier.study.measure.RegimeGrid.Temperature;
import org.espalier.study.measure.Settings;
import org.espalier.train.Redrawn;
import org.espalier.train.TrainingOptions;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Over temperatures of dense training and densities of what is left: which regime pruning is in.
 */
@Command(
    name = "regimes",
    description = {
      "Finds how hot a network should be trained that is to be pruned.",
      "",
      "Trains it at several temperatures"
          + " (fewer epochs, smaller batches or larger learning rates are hotter), prunes each by"
          + " magnitude to several densities, retrains what is left twice, and tells from what lies"
          + " between the two whether a colder or a hotter training would have been better.",
      "",
      "What was found already is taken from the file of results: an interrupted run goes on where"
          + " it was, and one with more densities or temperatures runs only those."
    },
    footer = {
      "",
      "Examples:",
      "  espalier regimes lenet-300-100 --data mnist/ \\",
      "      --temperature epochs=1,4,16 --densities 0.02,0.1,0.5",
      "  espalier regimes net.onnx --data cifar10/ --epochs 20 \\",
      "      --temperature batch=16,64,256 --retrain-epochs 5 --json",
      "",
      "Regime I: a barrier lies between both copies; train the dense network hotter. II-A and II-B:"
          + " none does, their outputs are unlike or alike; train it colder, or leave it."
    })
final class RegimesVerb extends Verb<RegimeGrid> {
  @Parameters(
      paramLabel = "MODEL",
      description = "The name of a zoo network, or an ONNX file, whose weights are drawn anew.")
  String model;

  @ArgGroup(validate = false, heading = DataArguments.HEADING)
  DataArguments data = new DataArguments();

  @ArgGroup(validate = false, heading = TrainingArguments.HEADING)
  TrainingArguments training = new TrainingArguments();

  @Option(
      names = "--temperature",
      required = true,
      paramLabel = "KEY=VALUE,...",
      description =
          "What dense trainings differ in: epochs, batch or lr, with its values. All else is as the"
              + " other options say, and so is retraining.")
  String temperature;

  @Option(
      names = "--densities",
      split = ",",
      paramLabel = "SHARE",
      description = "Which shares of the weights are kept; 0.05,0.2,0.5 by default.")
  @Range(above = 0, to = 1)
  List<Double> densities = List.of(0.05, 0.2, 0.5);

  @Option(
      names = "--retrain-epochs",
      paramLabel = "N",
      description = "How long what is left is retrained; as long as --epochs by default.")
  @Range(from = 1)
  Integer retrainEpochs;

  @Option(
      names = "--allocation",
      paramLabel = "NAME",
      description = "How zeros are spread over the layers; ${DEFAULT-VALUE} by default.")
  String allocation = "uniform";

  @Option(
      names = "--samples",
      paramLabel = "N",
      description =
          "Look for the barrier, and at curvatures, on so many examples of the training part;"
              + " ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int samples = Settings.USUAL.samples();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "RESULTS",
      description = "Where results are kept, one a line. ${DEFAULT-VALUE} by default.")
  Path results = Path.of("espalier-regimes.jsonl");

  @Option(names = "--fresh", description = "Forget earlier results and run everything.")
  boolean fresh;

  @Override
  RegimeGrid call(Console console) throws IOException {
    Outputs.check(Path.of(model), results);
    Splits splits = data.open();
    var plan =
        new RegimeGrid.Plan(
            temperatures(splits.train()),
            densities,
            retraining(splits.train()),
            Allocation.parse(allocation));
    Model initial = initial();
    var settings = new Settings(samples, Settings.USUAL.batch(), training.seed, console);
    var keeping = new RegimeGrid.Keeping(results, fresh, Version.product());
    return RegimeGrid.run(initial, splits, plan, settings, keeping);
  }

  private Model initial() {
    if (Zoo.names().contains(model) && !Files.exists(Path.of(model))) {
      return Zoo.build(model, training.seed);
    }
    Path file = Path.of(model);
    Model read = Onnx.read(file);
    return Malformed.at(file, () -> Redrawn.of(read, training.seed));
  }

  private TrainingOptions retraining(Dataset train) {
    int epochs = retrainEpochs == null ? training.epochs : retrainEpochs;
    return training.options(train, epochs, training.batch, training.rate);
  }

  private List<Temperature> temperatures(Dataset train) {
    String[] parts = temperature.split("=", 2);
    if (parts.length < 2) {
      throw unknown(temperature);
    }
    return Arrays.stream(parts[1].split(",", -1))
        .map(value -> temperature(train, parts[0], value))
        .toList();
  }

  private Temperature temperature(Dataset train, String key, String value) {
    String name = key + "=" + value;
    int epochs = training.epochs;
    int batch = training.batch;
    Double rate = training.rate;
    try {
      switch (key) {
        case "epochs" -> epochs = Integer.parseInt(value);
        case "batch" -> batch = Integer.parseInt(value);
        case "lr" -> rate = Double.valueOf(value);
        default -> throw unknown(name);
      }
    } catch (NumberFormatException notOne) {
      throw unknown(name);
    }
    return new Temperature(name, options(name, train, epochs, batch, rate));
  }

  private TrainingOptions options(
      String temperature, Dataset train, int epochs, int batch, Double rate) {
    return Malformed.at(
        "--temperature " + temperature, () -> training.options(train, epochs, batch, rate));
  }

  private static InvalidInputException unknown(String given) {
    return new InvalidInputException(
        "--temperature %s: expected epochs, batch or lr with numbers, such as epochs=1,4,16"
            .formatted(given));
  }

  @Override
  void print(RegimeGrid grid, PrintWriter out) {
    var table =
        new Table(
            "dense training",
            "density",
            "dense, %",
            "pruned, %",
            "LMC",
            "CKA",
            "sharpness",
            "trace",
            "regime");
    for (RegimeGrid.Cell cell : grid.cells()) {
      table.row(
          cell.temperature(),
          "%s".formatted(cell.density()),
          written("%.2f", cell.dense()),
          written("%.2f", cell.pruned()),
          written("%.2f", cell.lmc()),
          written("%.3f", cell.cka()),
          written("%.3g", cell.sharpness()),
          written("%.3g", cell.trace()),
          cell.regime());
    }
    table.print(out);
    if (grid.reused() > 0) {
      out.printf(
          "%d of %d results are from an earlier run (%s).%n",
          grid.reused(), grid.cells().size(), grid.results());
    }
  }

  private static String written(String format, double number) {
    return String.format(Locale.ROOT, format, number);
  }
}
