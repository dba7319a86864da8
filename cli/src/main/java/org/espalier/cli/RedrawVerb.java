package org.espalier.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.rewrite.ScaledBranches;
import org.espalier.study.Outputs;
import org.espalier.train.init.Initialization;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws a network's weights anew. */
@Command(
    name = "redraw",
    description = {
      "Draws a network's weights anew, as if it had never been trained.",
      "",
      "Every layer gets the scale at which its activation neither loses signals and gradients nor"
          + " lets them grow (the edge of chaos): for ReLU that is He's. Normalisations do nothing"
          + " at first, and what is neither a layer nor its bias keeps its mean and deviation."
    },
    footer = {
      "",
      "Examples:",
      "  espalier redraw net.onnx -o fresh.onnx --seed 7",
      "  espalier redraw resnet32.onnx -o fresh.onnx --scale-branches",
      "  espalier prune fresh.onnx -o sparse.onnx --recipe robust-pai \\",
      "      --budget sparsity=0.98 --data cifar10/",
      "  espalier train sparse.onnx -o trained.onnx --data cifar10/ --hold-zeros",
      "",
      "'espalier measure fresh.onnx --what layer-scores' tells beforehand which layers pruning"
          + " would empty."
    })
final class RedrawVerb extends Verb<RedrawVerb.Result> {
  /** What was drawn. */
  record Result(
      Path file,
      List<Initialization.Row> layers,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Branches> branches) {}

  /** Residual branches, and what each is multiplied by. */
  record Branches(List<String> sums, double factor) {}

  @Parameters(paramLabel = "MODEL", description = "An ONNX file, or the name of a zoo network.")
  String model;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT",
      description = "Where to write the network.")
  Path out;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of what is drawn; ${DEFAULT-VALUE} by default.")
  long seed;

  @Option(
      names = "--bias-deviation",
      paramLabel = "SB",
      description =
          "The standard deviation of biases; by default the smallest that the activation has an"
              + " edge with, mostly 0.")
  @Range(from = 0)
  Double biases;

  @Option(
      names = "--weight-deviation",
      paramLabel = "SW",
      description =
          "Draw all layers from N(0, SW^2 / fan-in), wherever the edge is; biases are 0 then where"
              + " --bias-deviation doesn't say.")
  @Range(from = 0)
  Double weights;

  @Option(
      names = "--scale-branches",
      description =
          "Divide each residual branch by the root of their number, a Mul by a constant, so that a"
              + " deep residual network starts stable.")
  boolean scaleBranches;

  @Override
  Result call(Console console) {
    Model initial = read();
    Initialization drawn = Malformed.at(Path.of(model), () -> drawn(initial));
    if (!scaleBranches) {
      Onnx.write(drawn.model(), out);
      return new Result(out, drawn.layers(), Optional.empty());
    }
    ScaledBranches scaled = ScaledBranches.of(drawn.model());
    if (scaled.sums().isEmpty()) {
      throw new InvalidInputException(model + ": --scale-branches: there is no residual branch");
    }
    Onnx.write(scaled.model(), out);
    return new Result(
        out, drawn.layers(), Optional.of(new Branches(scaled.sums(), scaled.factor())));
  }

  private Model read() {
    Path file = Path.of(model);
    if (Zoo.names().contains(model) && !Files.exists(file)) {
      Outputs.check(out);
      return Zoo.build(model, seed);
    }
    Outputs.checkModel(file, out);
    return Onnx.read(file);
  }

  private Initialization drawn(Model initial) {
    if (weights != null) {
      return Initialization.of(initial, weights, biases == null ? 0 : biases, seed);
    }
    return Initialization.atEdgeOfChaos(
        initial, biases == null ? OptionalDouble.empty() : OptionalDouble.of(biases), seed);
  }

  @Override
  void print(Result result, PrintWriter printer) {
    var table = new Table("layer", "behind", "weights", "biases", "");
    for (Initialization.Row row : result.layers()) {
      table.row(
          row.layer(),
          row.behind(),
          "%.4f".formatted(row.weights()),
          "%.2f".formatted(row.biases()),
          row.note());
    }
    table.print(printer);
    printer.println("weights: their standard deviation times the root of the fan-in");
    result
        .branches()
        .ifPresent(
            branches ->
                printer.printf(
                    "%d residual branches times %.4f%n",
                    branches.sums().size(), branches.factor()));
    printer.printf("%s written%n", result.file());
  }
}
