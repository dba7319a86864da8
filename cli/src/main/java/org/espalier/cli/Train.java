package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Allocation;
import org.espalier.prune.Budget;
import org.espalier.prune.Layers;
import org.espalier.prune.Masks;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.study.Outputs;
import org.espalier.study.Training;
import org.espalier.study.bench.Settings;
import org.espalier.train.FixedMasks;
import org.espalier.train.Loss;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingRule;
import org.espalier.train.TrainingTask;
import org.espalier.train.data.Augmentation;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.ImageDataset;
import org.espalier.train.data.Splits;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.Clipping;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Optimizer;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.espalier.train.rule.InnerDistillation;
import org.espalier.train.rule.PartialTraining;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains a network, and prunes it meanwhile where asked. */
@Command(
    name = "train",
    description = "Trains a network or fine-tunes one, and prunes it meanwhile where asked.",
    footer = {
      "",
      "Examples:",
      "  espalier train lenet-300-100 -o dense.onnx --data mnist/ --epochs 10",
      "  espalier train dense.onnx -o sparse.onnx --data mnist/ --epochs 10 \\",
      "      --recipe gradual-magnitude --budget sparsity=0.9",
      "  espalier train sparse.onnx -o tuned.onnx --data mnist/ --epochs 2 --hold-zeros",
      "  espalier train small.onnx -o tuned.onnx --data cifar10/ --epochs 3 --teacher dense.onnx",
      "  espalier train sparse.onnx -o tuned.onnx --data mnist/ --epochs 1 --train-only bias,norm",
      "",
      "With --checkpoint, a training that was interrupted (Ctrl-C, kill, a power cut) goes on"
          + " where",
      "it was when the same command is given again, and ends with the same weights. The file is",
      "written after each epoch and every half minute, and on Ctrl-C at once."
    })
final class Train extends Verb<Training> {
  /** How weights are updated. */
  enum Optimizers {
    SGD,
    ADAM,
    ADAMW
  }

  /** How the learning rate goes. */
  enum Rates {
    CONSTANT,
    COSINE,
    STEP
  }

  @Parameters(paramLabel = "MODEL", description = "An ONNX file, or the name of a zoo network.")
  String model;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT",
      description = "Where to write the trained network.")
  Path out;

  @Mixin DataArguments data;

  @Option(names = "--epochs", description = "${DEFAULT-VALUE} by default.")
  int epochs = 10;

  @Option(names = "--batch", description = "Examples in a step; ${DEFAULT-VALUE} by default.")
  int batch = 64;

  @Option(
      names = "--optimizer",
      description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Optimizers optimizer = Optimizers.ADAM;

  @Option(names = "--lr", description = "Learning rate; 0.001 by default, 0.1 for SGD.")
  Double rate;

  @Option(
      names = "--lr-schedule",
      description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Rates schedule = Rates.COSINE;

  @Option(
      names = "--lr-steps",
      split = ",",
      paramLabel = "EPOCH",
      description = "Where a STEP schedule takes a tenth; at half and three quarters by default.")
  List<Integer> rateSteps = List.of();

  @Option(names = "--warm-up", paramLabel = "EPOCHS", description = "None by default.")
  double warmUp;

  @Option(names = "--momentum", description = "Of SGD; ${DEFAULT-VALUE} by default.")
  double momentum = 0.9;

  @Option(names = "--nesterov", description = "Nesterov's momentum.")
  boolean nesterov;

  @Option(
      names = "--weight-decay",
      description = "On weights, not on biases and norms; none by default, 0.01 for ADAMW.")
  Double weightDecay;

  @Option(names = "--label-smoothing", description = "None by default.")
  double smoothing;

  @Option(names = "--clip-norm", description = "Of all gradients together; none by default.")
  Double clipNorm;

  @Option(names = "--augment", description = "Random crops and flips of images, as for CIFAR.")
  boolean augment;

  @Option(
      names = "--patience",
      paramLabel = "EPOCHS",
      description = "Stop after so many without a better validation, keep the best weights.")
  int patience;

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "Prune meanwhile, such as gradual-magnitude; 'espalier methods' lists all, family"
              + " training. Most need --budget.")
  String recipe;

  @Option(
      names = "--budget",
      paramLabel = "sparsity=S",
      description = "Of the recipe; channels=S where it removes channels.")
  String budget;

  @Option(names = "--pattern", description = "unstructured or RxC; ${DEFAULT-VALUE} by default.")
  String pattern = "unstructured";

  @Option(names = "--allocation", description = "uniform, global or erk; the recipe's by default.")
  String allocation;

  @Option(
      names = "--hold-zeros",
      description = "Weights that are zero in MODEL stay zero: fine-tunes a pruned network.")
  boolean holdZeros;

  @Option(
      names = "--teacher",
      paramLabel = "FILE",
      description =
          "Come near to this network at the ends of blocks too: inner distillation, mostly from"
              + " what the network was before it was pruned.")
  Path teacher;

  @Option(
      names = "--teacher-weight",
      paramLabel = "W",
      description = "Of the mean squared distance to it; ${DEFAULT-VALUE} by default.")
  double teacherWeight = 20;

  @Option(
      names = "--train-only",
      paramLabel = "PART,...",
      description =
          "Train a few weights and leave the others as they are, zeros among them: bias, norm, head"
              + " (the last layer), lora (low-rank changes of all layers, merged in the end). A"
              + " quick way back for a pruned network.")
  String trainOnly;

  @Option(names = "--seed", description = "Of all chance; ${DEFAULT-VALUE} by default.")
  long seed;

  @Option(names = "--threads", description = "All processors by default.")
  int threads;

  @Option(names = "--checkpoint", paramLabel = "FILE", description = "Resume from and write to it.")
  Path checkpoint;

  @Mixin StorageArguments storage;

  @Option(names = "--no-latency", description = "Don't measure latency before and after.")
  boolean noLatency;

  @Override
  Training call(Console console) throws IOException {
    Model initial = read();
    checkPlaces();
    Splits splits = augmented(data.open());
    Regimen regimen = regimen(initial, splits.train());
    int cores = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    Settings measured = noLatency ? null : Settings.latency(cores, 1);
    var parts = new Splits(splits.source(), Optional.of(regimen.data()), splits.testing());
    try (var _ = Interruption.ofThisThread()) {
      return Training.run(
          initial,
          out,
          parts,
          regimen.options(),
          regimen.rules(),
          storage.chosen(),
          measured,
          console);
    }
  }

  private Model read() {
    if (Zoo.names().contains(model) && !Files.exists(Path.of(model))) {
      Outputs.check(out);
      return Zoo.build(model, seed);
    }
    Outputs.checkModel(Path.of(model), out);
    return Onnx.read(Path.of(model));
  }

  /** Nothing that is written may take the place of something else that is read or written. */
  private void checkPlaces() {
    Path source = Path.of(data.name());
    Outputs.keeps(source, out);
    if (checkpoint == null) {
      return;
    }
    Outputs.check(checkpoint);
    Outputs.keeps(source, checkpoint);
    if (Files.exists(Path.of(model))) {
      Outputs.keepsModel(Path.of(model), checkpoint);
    }
    if (out.toAbsolutePath().normalize().equals(checkpoint.toAbsolutePath().normalize())) {
      throw new InvalidInputException(out + ": the output and the checkpoint can't be one file");
    }
  }

  private Splits augmented(Splits splits) {
    if (!augment) {
      return splits;
    }
    if (!(splits.train() instanceof ImageDataset images)) {
      throw new InvalidInputException("--augment: the data are no images");
    }
    return new Splits(
        splits.source(), Optional.of(images.augmented(Augmentation.CIFAR)), splits.testing());
  }

  private TrainingOptions options(Dataset train) {
    TrainingOptions options =
        TrainingOptions.usual(epochs)
            .withBatch(batch)
            .withOptimizer(optimizer(), learningRate())
            .withLoss(
                train.classes() > 0 ? new Loss.CrossEntropy(smoothing) : new Loss.MeanSquares())
            .withClipping(clipNorm == null ? Clipping.NONE : new Clipping.Norm(clipNorm))
            .withPatience(patience)
            .withSeed(seed)
            .withThreads(threads);
    return checkpoint == null ? options : options.withCheckpoint(checkpoint);
  }

  private Optimizer optimizer() {
    WeightDecay coupled = weightDecay == null ? WeightDecay.NONE : WeightDecay.coupled(weightDecay);
    return switch (optimizer) {
      case SGD -> new Sgd(momentum, nesterov, coupled);
      case ADAM -> new Adam(0.9, 0.999, 1e-8, coupled);
      case ADAMW -> Adam.decoupled(weightDecay == null ? 0.01 : weightDecay);
    };
  }

  private LearningRate learningRate() {
    double peak = rate != null ? rate : optimizer == Optimizers.SGD ? 0.1 : 0.001;
    LearningRate then =
        switch (schedule) {
          case CONSTANT -> new LearningRate.Constant(peak);
          case COSINE -> new LearningRate.Cosine(peak, 0);
          case STEP ->
              new LearningRate.Stepwise(
                  peak, rateSteps.isEmpty() ? List.of(epochs / 2, epochs * 3 / 4) : rateSteps, 0.1);
        };
    return warmUp > 0 ? new LearningRate.WarmUp(warmUp, then) : then;
  }

  private Regimen regimen(Model initial, Dataset train) {
    TrainingOptions options = options(train);
    var rules = new ArrayList<TrainingRule>();
    if (holdZeros) {
      rules.add(new FixedMasks(Masks.ofNonzeros(Layers.of(initial).layers())));
    }
    if (teacher != null) {
      rules.add(InnerDistillation.of(initial, Onnx.read(teacher), teacherWeight));
    }
    if (trainOnly != null) {
      rules.add(PartialTraining.parse(trainOnly));
    }
    if (recipe == null) {
      if (budget != null) {
        throw new InvalidInputException("--budget needs --recipe, such as gradual-magnitude");
      }
      return new Regimen(train, options, rules);
    }
    if (!(Methods.named(recipe) instanceof TrainingMethod method)) {
      throw new InvalidInputException(
          "method '%s' takes a finished network: use 'espalier prune'".formatted(recipe));
    }
    Regimen wanted =
        method.plan(
            new TrainingTask(
                train,
                options,
                Optional.ofNullable(budget).map(Budget::parse),
                Pattern.parse(pattern),
                Optional.ofNullable(allocation).map(Allocation::parse)));
    rules.addAll(wanted.rules());
    return new Regimen(wanted.data(), wanted.options(), rules);
  }

  @Override
  void print(Training result, PrintWriter printer) {
    Sizes.print(result.before(), result.after(), result.latency(), printer);
    if (result.accuracy() != null) {
      printer.printf("accuracy    %.2f%% on the test part%n", result.accuracy());
    }
    if (result.perplexity() != null) {
      printer.printf("perplexity  %.3f on the test part%n", result.perplexity());
    }
    printer.printf("sparsity    %s of prunable weights%n", Units.percent(result.sparsity()));
    if (result.latency() != null) {
      printer.println("latency     " + result.latency().conclusion());
    }
    printer.printf("%s written in %.1f s%n", out, result.seconds());
  }
}
