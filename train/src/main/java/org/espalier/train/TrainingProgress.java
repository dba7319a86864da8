package org.espalier.train;

/** Is told how a training goes; called on the training thread, so it should be quick. */
public interface TrainingProgress {
  /** Tells nobody. */
  TrainingProgress SILENT = new TrainingProgress() {};

  /**
   * After each step.
   *
   * @param step how many have been made
   * @param steps how many there will be
   * @param epoch the epoch, from 0
   * @param loss of the step's batch
   */
  default void step(long step, long steps, int epoch, double loss) {}

  /** After each epoch. */
  default void epoch(Epoch epoch) {}

  /** When a checkpoint is taken up. */
  default void resumed(long step) {}
}
