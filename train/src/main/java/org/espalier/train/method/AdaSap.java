package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.prune.Schedule;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingTask;
import org.espalier.train.rule.AdaptiveSharpness;
import org.espalier.train.rule.GradualChannels;
import org.espalier.train.rule.NeuronImportance;
import org.espalier.train.rule.Sharpness;

/**
 * A ninth of the training prepares, two ninths prune, the rest trains on, all of it
 * sharpness-aware.
 */
public final class AdaSap implements TrainingMethod {
  private static final double LEAST = 0.01;

  /**
   * Adaptive sharpness-aware training's own for CIFAR-10, of all weights together. The paper's 2 is
   * of all weights too: taken for each neuron, even 0.5 is so far off that LeNet-300-100 loses a
   * point of accuracy by it.
   */
  private static final double MOST = 0.5;

  private static final int PRUNINGS = 40;

  @Override
  public About about() {
    return About.of(
            "adasap",
            "Adaptive Sharpness-Aware Pruning for Robust Sparse Networks",
            "Removes channels while the network trains, after it has led those that matter least to"
                + " places where the loss is flat: for small networks that noise and blur trouble"
                + " less. Each step goes forward and back twice.")
        .paper("Bair et al.", 2024, "arXiv:2306.14306")
        .training()
        .patterns("structured")
        .needs("weights", "training data");
  }

  @Override
  public Regimen plan(TrainingTask task) {
    long steps = task.steps();
    long begin = steps / 9;
    long end = Math.max(begin + 1, steps / 3);
    long every = Math.max(1, (end - begin) / PRUNINGS);
    return Regimen.of(
        task,
        new NeuronImportance(0.9),
        new AdaptiveSharpness(LEAST, MOST, true, end + 1),
        new Sharpness(MOST, true, end + 1),
        new GradualChannels(new Schedule.Cubic(0, task.channels(about()), begin, end, every)));
  }
}
