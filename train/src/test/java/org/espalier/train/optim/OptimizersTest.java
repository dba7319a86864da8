package org.espalier.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Updates against the papers' formulas in plain double arithmetic. */
final class OptimizersTest {
  private static final int SIZE = 37;
  private static final int STEPS = 5;

  static Stream<Optimizer> optimizers() {
    return Stream.of(
        new Sgd(0, false, WeightDecay.NONE),
        new Sgd(0, false, WeightDecay.coupled(0.1)),
        Sgd.usual(),
        new Sgd(0.9, true, WeightDecay.coupled(0.01)),
        new Sgd(0.8, false, WeightDecay.decoupled(0.05)),
        Adam.usual(),
        new Adam(0.8, 0.99, 1e-6, WeightDecay.coupled(0.1)),
        Adam.decoupled(0.1));
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void agreesWithTheFormula(Optimizer optimizer) {
    var random = SeededRandom.fresh();
    Tensor weight = random.gaussian(SIZE);
    double[] expected = new double[SIZE];
    for (int k = 0; k < SIZE; k++) {
      expected[k] = weight.realAt(k);
    }
    double[][] memory = new double[2][SIZE];
    try (var _ = new PointerScope()) {
      var slots = new ArrayList<org.bytedeco.pytorch.Tensor>();
      var kept = new ArrayList<Tensor>();
      for (int k = 0; k < optimizer.slots().size(); k++) {
        kept.add(Tensor.of(new float[SIZE]));
        slots.add(Libtorch.view(kept.getLast()));
      }
      for (int step = 0; step < STEPS; step++) {
        Tensor gradient = random.gaussian(SIZE);
        double rate = 0.1 / (step + 1);
        for (int k = 0; k < SIZE; k++) {
          expected[k] = updated(optimizer, expected[k], gradient.realAt(k), memory, k, rate, step);
        }
        var given = Libtorch.view(gradient);
        optimizer.observe(Libtorch.view(weight), given, slots, true);
        optimizer.update(Libtorch.view(weight), given, slots, rate, step, true);
      }
    }
    for (int k = 0; k < SIZE; k++) {
      assertThat(weight.realAt(k)).isCloseTo(expected[k], within(1e-5));
    }
  }

  private static double updated(
      Optimizer optimizer, double w, double g, double[][] memory, int k, double rate, int step) {
    WeightDecay decay = optimizer.decay();
    double shrunk = decay.decoupled() ? w - rate * decay.rate() * w : w;
    double pulled = decay.decoupled() ? g : g + decay.rate() * w;
    return switch (optimizer) {
      case Sgd(double momentum, boolean nesterov, var _) -> {
        memory[0][k] = momentum * memory[0][k] + pulled;
        yield shrunk - rate * (nesterov ? pulled + momentum * memory[0][k] : memory[0][k]);
      }
      case Adam(double beta1, double beta2, double epsilon, var _) -> {
        memory[0][k] = beta1 * memory[0][k] + (1 - beta1) * pulled;
        memory[1][k] = beta2 * memory[1][k] + (1 - beta2) * pulled * pulled;
        double mean = memory[0][k] / (1 - Math.pow(beta1, step + 1));
        double square = memory[1][k] / (1 - Math.pow(beta2, step + 1));
        yield shrunk - rate * mean / (Math.sqrt(square) + epsilon);
      }
    };
  }

  /** With SGD, what a gradient that stays at one comes to; with Adam, by the gradients seen. */
  @Test
  void measuresTheRateByWhatGradientsComeTo() {
    var random = SeededRandom.fresh();
    int steps = 1 + random.nextInt(4);
    double squares = 0;
    try (var _ = new PointerScope()) {
      var memory = new ArrayList<List<org.bytedeco.pytorch.Tensor>>();
      for (int size : new int[] {SIZE, 3}) {
        memory.add(
            List.of(
                Libtorch.view(Tensor.of(new float[size])),
                Libtorch.view(Tensor.of(new float[size]))));
        for (int step = 0; step < steps; step++) {
          Tensor gradient = random.gaussian(size);
          Adam.usual().observe(null, Libtorch.view(gradient), memory.getLast(), false);
          double left = Math.pow(0.999, steps - 1.0 - step);
          for (int k = 0; k < size; k++) {
            squares += 0.001 * left * gradient.realAt(k) * gradient.realAt(k);
          }
        }
      }
      long count = SIZE + 3 - 2; // as if two were pruned
      double mean = squares / count / (1 - Math.pow(0.999, steps));
      assertThat(Adam.usual().effectiveRate(memory, count, 0.3, steps - 1))
          .isCloseTo(0.3 / Math.sqrt(mean), within(1e-6));
    }
    double velocity = 0;
    for (int step = 0; step < 400; step++) {
      velocity = 0.9 * velocity + 1;
    }
    assertThat(Sgd.usual().effectiveRate(List.of(), SIZE, 0.3, 400))
        .isCloseTo(0.3 * velocity, within(1e-9));
  }

  @Test
  void decaysNoVectorsUnlessAsked() {
    assertThat(WeightDecay.coupled(0.1).appliesTo(1)).isFalse();
    assertThat(WeightDecay.coupled(0.1).appliesTo(2)).isTrue();
    assertThat(new WeightDecay(0.1, true, true).appliesTo(1)).isTrue();
    assertThat(WeightDecay.NONE.appliesTo(4)).isFalse();
  }

  @Test
  void clipsAllGradientsAsOneVector() {
    Tensor a = Tensor.of(new float[] {3, 0});
    Tensor b = Tensor.of(new float[] {4});
    try (var _ = new PointerScope()) {
      new Clipping.Norm(1).apply(List.of(Libtorch.view(a), Libtorch.view(b)));
    }
    assertThat(a.floats()[0]).isCloseTo(0.6f, within(1e-6f));
    assertThat(b.floats()[0]).isCloseTo(0.8f, within(1e-6f));
  }

  @Test
  void clipsNothingWithinTheLimit() {
    Tensor a = Tensor.of(new float[] {3, 4});
    try (var _ = new PointerScope()) {
      new Clipping.Norm(5).apply(List.of(Libtorch.view(a)));
    }
    assertThat(a.floats()).containsExactly(3, 4);
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThatThrownBy(() -> new Sgd(1, false, WeightDecay.NONE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("momentum of 1.0");
    assertThatThrownBy(() -> new Sgd(0, true, WeightDecay.NONE)).hasMessageContaining("Nesterov");
    assertThatThrownBy(() -> new LearningRate.Constant(Double.NaN))
        .hasMessageContaining("learning rate of NaN");
    assertThatThrownBy(() -> WeightDecay.coupled(-1)).hasMessageContaining("-1");
  }
}
