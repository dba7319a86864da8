package org.espalier.train.rule;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Model;
import org.espalier.graph.zoo.Zoo;
import org.espalier.torch.Libtorch;
import org.espalier.train.Pass;
import org.espalier.train.Step;
import org.espalier.train.Trained;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.TrainingRule;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;

/** What tests of rules share: a short training, rules that look on, numbers to compare with. */
final class Rules {
  private Rules() {}

  static Dataset digits(int count) {
    try {
      return Datasets.open("embedded").train().slice(0, count);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Model net() {
    return Zoo.build("mlpnet", 3);
  }

  static TrainingOptions options(int epochs) {
    return TrainingOptions.usual(epochs).withBatch(31).withSeed(5).withThreads(1);
  }

  static Trained train(Model model, TrainingOptions options, Dataset data, TrainingRule... rules) {
    try {
      return new Trainer(model, options)
          .with(rules)
          .train(data, Optional.empty(), TrainingProgress.SILENT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Map<String, org.espalier.graph.Tensor> weights(Trained trained) {
    return trained.model().graph().initializers();
  }

  /** Looks on after each update. */
  record After(BiConsumer<Step, Long> look) implements TrainingRule {
    @Override
    public void afterUpdate(Step step) {
      look.accept(step, step.index());
    }
  }

  /** Nothing counts but how far the weights of layers are from these. */
  record Towards(Map<String, org.espalier.graph.Tensor> goal) implements TrainingRule {
    @Override
    public Tensor loss(Step step, Pass pass, Tensor loss) {
      Tensor sum = loss.mul(new Scalar(0.0));
      for (var weight : goal.entrySet()) {
        Tensor wanted = Libtorch.view(weight.getValue());
        sum = sum.add(step.parameters().get(weight.getKey()).sub(wanted).square().sum());
      }
      return sum;
    }
  }

  /** The derivative by central differences. */
  static double slope(DoubleUnaryOperator of, double step) {
    return (of.applyAsDouble(step) - of.applyAsDouble(-step)) / (2 * step);
  }

  /** Normal numbers in float64. */
  static Tensor normal(long seed, long... shape) {
    torch.manual_seed(seed);
    return torch.randn(shape, new TensorOptions(ScalarType.Double));
  }
}
