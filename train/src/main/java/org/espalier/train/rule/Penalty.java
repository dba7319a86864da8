package org.espalier.train.rule;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Layer;
import org.espalier.train.Pass;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/** A term of the loss: {@code weight} times the sum over layers of something of their weights. */
interface Penalty extends TrainingRule {
  double weight();

  /** The penalty of one layer's weights, as they are now. */
  Tensor of(Layer layer, Tensor weights);

  static void check(double weight, String name, double parameter) {
    if (!(weight >= 0 && parameter > 0)) {
      throw new InvalidInputException(
          "a penalty of weight %s with %s %s, expected 0 or more, and more than 0"
              .formatted(weight, name, parameter));
    }
  }

  @Override
  default String describe() {
    return toString();
  }

  @Override
  default Tensor loss(Step step, Pass pass, Tensor loss) {
    Tensor sum = loss;
    for (Layer layer : step.layers()) {
      Tensor penalty = of(layer, step.parameters().get(layer.weight()));
      sum = sum.add(penalty.to(loss.scalar_type()), new Scalar(weight()));
    }
    return sum;
  }
}
