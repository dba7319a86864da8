package org.espalier.train.method;

import java.util.List;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingTask;
import org.espalier.train.optim.Optimizer;
import org.espalier.train.optim.WeightDecay;
import org.espalier.train.rule.BaseDecay;

/**
 * Fine-tuning whose changes stay small, for {@code dare} and {@code darex} to drop nearly all of
 * them. Weights decay towards the base in place of zero, as strongly as the user's options say for
 * zero.
 */
interface FineTuning extends TrainingMethod {
  /** Whose decay it is. */
  BaseDecay.Norm norm();

  /** How strong it is where the user doesn't say. */
  double strength();

  @Override
  default boolean takesBase() {
    return true;
  }

  @Override
  default Regimen plan(TrainingTask task) {
    task.refuseToPrune(about());
    TrainingOptions options = task.options();
    Optimizer optimizer = options.optimizer();
    double asked = optimizer.decay().rate();
    var rule = new BaseDecay(asked > 0 ? asked : strength(), norm(), task.base());
    return new Regimen(
        task.data(),
        options.withOptimizer(optimizer.with(WeightDecay.NONE), options.rate()),
        List.of(rule));
  }
}
