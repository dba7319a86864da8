package org.espalier.cli;

import java.util.List;
import java.util.Locale;
import org.espalier.train.Loss;
import org.espalier.train.TrainingOptions;
import org.espalier.train.data.Dataset;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.Clipping;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Optimizer;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import picocli.CommandLine.Option;

/** The options that say how long a network is trained, with which optimiser and learning rate. */
final class TrainingArguments {
  static final String HEADING = "%nTraining:%n";

  /** How weights are updated. */
  enum Optimizers {
    SGD,
    ADAM,
    ADAMW;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How the learning rate goes. */
  enum Rates {
    CONSTANT,
    COSINE,
    STEP;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "How often to go through the training part; ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int epochs = 10;

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Examples in a step; ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int batch = 64;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "How weights are updated: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Optimizers optimizer = Optimizers.ADAM;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate; 0.001 by default, 0.1 for sgd.")
  @Range(above = 0)
  Double rate;

  @Option(
      names = "--lr-schedule",
      paramLabel = "NAME",
      description =
          "How the learning rate falls: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Rates schedule = Rates.COSINE;

  @Option(
      names = "--lr-steps",
      split = ",",
      paramLabel = "EPOCH",
      description =
          "After which a step schedule goes on with a tenth of the rate; at half and three quarters"
              + " by default.")
  @Range(from = 1)
  List<Integer> rateSteps = List.of();

  @Option(
      names = "--warm-up",
      paramLabel = "EPOCHS",
      description = "Over how many epochs the learning rate first rises; none by default.")
  @Range(from = 0)
  double warmUp;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      description = "Momentum of SGD; ${DEFAULT-VALUE} by default.")
  @Range(from = 0, below = 1)
  double momentum = 0.9;

  @Option(names = "--nesterov", description = "Nesterov's form of the momentum.")
  boolean nesterov;

  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      description =
          "Decay of weights, not of biases and norms; none by default, 0.01 for adamw. Recipes that"
              + " stay near a base take it for their decay towards it.")
  @Range(from = 0)
  Double weightDecay;

  @Option(
      names = "--label-smoothing",
      paramLabel = "SHARE",
      description =
          "The share of each label that is spread over all classes, such as 0.1; none by default.")
  @Range(from = 0, below = 1)
  double smoothing;

  @Option(
      names = "--clip-norm",
      paramLabel = "NORM",
      description =
          "The largest norm that all gradients together may have; they are scaled down to it. No"
              + " limit by default.")
  @Range(above = 0)
  Double clipNorm;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of all that is drawn; ${DEFAULT-VALUE} by default.")
  long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to compute with; all processors by default.")
  @Range(from = 1, to = Range.THREADS)
  int threads;

  @Option(
      names = "--patience",
      paramLabel = "EPOCHS",
      description = "Stop after so many without a better validation, keep the best weights.")
  @Range(from = 0)
  int patience;

  /** These options, for data of this kind. */
  TrainingOptions options(Dataset train) {
    return options(train, epochs, batch, rate);
  }

  /** These options, but for some. */
  TrainingOptions options(Dataset train, int epochs, int batch, Double rate) {
    return TrainingOptions.usual(epochs)
        .withBatch(batch)
        .withOptimizer(optimizer(), learningRate(epochs, rate))
        .withLoss(train.classes() > 0 ? new Loss.CrossEntropy(smoothing) : new Loss.MeanSquares())
        .withClipping(clipNorm == null ? Clipping.NONE : new Clipping.Norm(clipNorm))
        .withPatience(patience)
        .withSeed(seed)
        .withThreads(threads);
  }

  private Optimizer optimizer() {
    WeightDecay coupled = weightDecay == null ? WeightDecay.NONE : WeightDecay.coupled(weightDecay);
    return switch (optimizer) {
      case SGD -> new Sgd(momentum, nesterov, coupled);
      case ADAM -> new Adam(0.9, 0.999, 1e-8, coupled);
      case ADAMW -> Adam.decoupled(weightDecay == null ? 0.01 : weightDecay);
    };
  }

  private LearningRate learningRate(int epochs, Double rate) {
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
}
