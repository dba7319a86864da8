package org.espalier.train;

import java.nio.file.Path;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.Clipping;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Optimizer;

/**
 * How to train.
 *
 * @param epochs how often the data are gone through
 * @param batch examples in a step
 * @param loss what is made small
 * @param optimizer how
 * @param rate its learning rate, step by step
 * @param clipping of gradients
 * @param patience after how many epochs without a better validation training stops, and the best
 *     weights are given back; 0 to go through with it and give back the last
 * @param seed of all that is drawn by chance: order, augmentation, dropout
 * @param threads for libtorch; 0 for as many as there are cores
 * @param checkpoint where the state is written to, after each epoch and every half minute, and
 *     resumed from
 */
public record TrainingOptions(
    int epochs,
    int batch,
    Loss loss,
    Optimizer optimizer,
    LearningRate rate,
    Clipping clipping,
    int patience,
    long seed,
    int threads,
    Optional<Path> checkpoint) {

  public TrainingOptions {
    if (epochs < 1 || batch < 1 || patience < 0 || threads < 0) {
      throw new InvalidInputException(
          ("%d epochs, batches of %d, patience %d, %d threads: expected 1 or more of the first two,"
                  + " 0 or more of the others")
              .formatted(epochs, batch, patience, threads));
    }
  }

  /** Cross-entropy, Adam at 0.001 going down a cosine, batches of 64. */
  public static TrainingOptions usual(int epochs) {
    return new TrainingOptions(
        epochs,
        64,
        new Loss.CrossEntropy(0),
        Adam.usual(),
        new LearningRate.Cosine(0.001, 0),
        Clipping.NONE,
        0,
        0,
        0,
        Optional.empty());
  }

  public TrainingOptions withBatch(int batch) {
    return new TrainingOptions(
        epochs, batch, loss, optimizer, rate, clipping, patience, seed, threads, checkpoint);
  }

  public TrainingOptions withLoss(Loss loss) {
    return new TrainingOptions(
        epochs, batch, loss, optimizer, rate, clipping, patience, seed, threads, checkpoint);
  }

  public TrainingOptions withOptimizer(Optimizer optimizer, LearningRate rate) {
    return new TrainingOptions(
        epochs, batch, loss, optimizer, rate, clipping, patience, seed, threads, checkpoint);
  }

  public TrainingOptions withClipping(Clipping clipping) {
    return new TrainingOptions(
        epochs, batch, loss, optimizer, rate, clipping, patience, seed, threads, checkpoint);
  }

  public TrainingOptions withPatience(int patience) {
    return new TrainingOptions(
        epochs, batch, loss, optimizer, rate, clipping, patience, seed, threads, checkpoint);
  }

  public TrainingOptions withSeed(long seed) {
    return new TrainingOptions(
        epochs, batch, loss, optimizer, rate, clipping, patience, seed, threads, checkpoint);
  }

  public TrainingOptions withThreads(int threads) {
    return new TrainingOptions(
        epochs, batch, loss, optimizer, rate, clipping, patience, seed, threads, checkpoint);
  }

  public TrainingOptions withCheckpoint(Path checkpoint) {
    return new TrainingOptions(
        epochs,
        batch,
        loss,
        optimizer,
        rate,
        clipping,
        patience,
        seed,
        threads,
        Optional.of(checkpoint));
  }

  /** The settings that decide what comes out, in words: what is kept is for the same ones only. */
  public String identity() {
    return "%d epochs, batch %d, %s, %s, %s, %s, patience %d, seed %d"
        .formatted(epochs, batch, loss, optimizer, rate, clipping, patience, seed);
  }
}
