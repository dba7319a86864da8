package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingRule;
import org.espalier.train.TrainingTask;
import org.espalier.train.data.Augmentation;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.ImageDataset;
import org.espalier.train.data.NoisyLabels;
import org.espalier.train.data.Splits;
import org.espalier.train.rule.InnerDistillation;
import org.espalier.train.rule.PartialTraining;
import picocli.CommandLine.ArgGroup;
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
      "  espalier train dense.onnx -o small.onnx --data cifar10/ --epochs 30 \\",
      "      --recipe adasap --budget channels=0.5",
      "  espalier train trained.onnx -o tuned.onnx --data task/ --epochs 3 \\",
      "      --recipe darex-l2",
      "  espalier train small.onnx -o tuned.onnx --data cifar10/ --epochs 3 \\",
      "      --teacher dense.onnx",
      "  espalier train sparse.onnx -o tuned.onnx --data mnist/ --epochs 1 \\",
      "      --train-only bias,norm",
      "",
      "With --checkpoint, a training that was interrupted (Ctrl-C, kill, a power cut) goes on"
          + " where it was when the same command is given again, and ends with the same weights."
          + " The file is written after each epoch and every half minute, and on Ctrl-C at once."
    })
final class TrainVerb extends Verb<Training> {
  private static final String A_RECIPE = "--recipe, such as gradual-magnitude";

  @Parameters(paramLabel = "MODEL", description = "An ONNX file, or the name of a zoo network.")
  String model;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT",
      description = "Where to write the trained network.")
  Path out;

  @ArgGroup(validate = false, heading = DataArguments.HEADING)
  DataArguments data = new DataArguments();

  @ArgGroup(validate = false, heading = TrainingArguments.HEADING)
  TrainingArguments training = new TrainingArguments();

  @Option(names = "--augment", description = "Random crops and flips of images, as for CIFAR.")
  boolean augment;

  @Option(
      names = "--label-noise",
      paramLabel = "SHARE",
      description =
          "Let so many labels of the training part be wrong, such as 0.3, to see what is learned by"
              + " heart; which ones depends on --seed. None by default.")
  @Range(from = 0, to = 1)
  double labelNoise;

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "The method that prunes meanwhile, such as gradual-magnitude, or trains for pruning, such"
              + " as darex-l2; 'espalier methods' lists them as the family training. Most need"
              + " --budget.")
  String recipe;

  @Option(
      names = "--budget",
      paramLabel = "KEY=SHARE",
      description =
          "How much the recipe prunes: sparsity=0.9, the share of weights that become zero, or"
              + " channels=0.5 where it removes channels.")
  String budget;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      description = "What becomes zero: unstructured, or RxC blocks; ${DEFAULT-VALUE} by default.")
  String pattern = "unstructured";

  @Option(
      names = "--allocation",
      paramLabel = "NAME",
      description =
          "How zeros are spread over the layers: uniform, global, erk and more; the recipe's own by"
              + " default.")
  String allocation;

  @Option(
      names = "--base",
      paramLabel = "FILE",
      description =
          "The network before it was fine-tuned, for recipes that stay near it; MODEL by default.")
  Path base;

  @Option(
      names = "--hold-zeros",
      description = "Weights that are zero in MODEL stay zero: fine-tunes a pruned network.")
  boolean holdZeros;

  @Option(
      names = "--teacher",
      paramLabel = "FILE",
      description =
          "Learn from this network too, mostly the one before pruning: what each block gives is"
              + " to come near to what the teacher's gives (inner distillation).")
  Path teacher;

  @Option(
      names = "--teacher-weight",
      paramLabel = "W",
      description =
          "How much the mean squared distance to the teacher counts; ${DEFAULT-VALUE} by default.")
  @Range(from = 0)
  double teacherWeight = 20;

  @Option(
      names = "--train-only",
      paramLabel = "PART,...",
      description =
          "Train a few weights and leave the others as they are, zeros among them: bias, norm, head"
              + " (the last layer), lora (low-rank changes of all layers, merged in the end) or"
              + " scale (low-rank factors of all weights). A quick way back for a pruned network.")
  String trainOnly;

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE",
      description = "Where the state of the training is kept; goes on from it where it exists.")
  Path checkpoint;

  @Mixin StorageArguments storage;

  @Option(names = "--no-latency", description = "Don't measure latency before and after.")
  boolean noLatency;

  @Override
  Training call(Console console) throws IOException {
    refuseWithout(recipe != null, A_RECIPE, "--budget", "--pattern", "--allocation", "--base");
    refuseWithout(teacher != null, "--teacher", "--teacher-weight");
    Model initial = read();
    checkPlaces();
    Splits splits = noisy(augmented(data.open()));
    Regimen regimen = regimen(initial, splits.train());
    int cores =
        training.threads > 0 ? training.threads : Runtime.getRuntime().availableProcessors();
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
      return Zoo.build(model, training.seed);
    }
    Outputs.checkModel(Path.of(model), out);
    return Onnx.read(Path.of(model));
  }

  /** Nothing that is written may take the place of something else that is read or written. */
  private void checkPlaces() {
    Path source = Path.of(data.name());
    Outputs.keeps(source, out);
    if (base != null) {
      Outputs.checkModel(base, out);
    }
    if (checkpoint == null) {
      return;
    }
    Outputs.check(checkpoint);
    Outputs.keeps(source, checkpoint);
    if (Files.exists(Path.of(model))) {
      Outputs.keepsModel(Path.of(model), checkpoint);
    }
    Outputs.differ(out, checkpoint, "the output and the checkpoint");
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

  private Splits noisy(Splits splits) {
    if (labelNoise == 0) {
      return splits;
    }
    var noisy = new NoisyLabels(splits.train(), labelNoise, training.seed);
    return new Splits(splits.source(), Optional.of(noisy), splits.testing());
  }

  private Regimen regimen(Model initial, Dataset train) {
    TrainingOptions given = training.options(train);
    TrainingOptions options = checkpoint == null ? given : given.withCheckpoint(checkpoint);
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
      return new Regimen(train, options, rules);
    }
    if (!(Methods.named(recipe) instanceof TrainingMethod method)) {
      throw new InvalidInputException(
          "method '%s' takes a finished network: use 'espalier prune'".formatted(recipe));
    }
    if (base != null && !method.takesBase()) {
      throw new InvalidInputException("--recipe %s has no use for --base".formatted(recipe));
    }
    Regimen wanted =
        method.plan(
            new TrainingTask(
                train,
                options,
                Optional.ofNullable(budget).map(Budget::parse),
                Pattern.parse(pattern),
                Optional.ofNullable(allocation).map(Allocation::parse),
                Optional.ofNullable(base).map(Onnx::read)));
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
    if (result.work() < 1) {
      printer.printf(
          "work        %s of what training it dense takes, in multiplications%n",
          Units.percent(result.work()));
    }
    if (result.latency() != null) {
      printer.println("latency     " + result.latency().conclusion());
    }
    printer.printf("%s written in %.1f s%n", out, result.seconds());
  }
}
