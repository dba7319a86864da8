package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.train.Pass;
import org.junit.jupiter.api.Test;

final class MembershipGameTest {
  private static final int CLASSES = 5;

  private static Attacker attacker(long seed) {
    var weights = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    weights.put("answer", org.espalier.graph.Tensor.allocate(DataType.FLOAT, CLASSES, 16));
    weights.put("label", org.espalier.graph.Tensor.allocate(DataType.FLOAT, CLASSES, 16));
    weights.put("bias", org.espalier.graph.Tensor.allocate(DataType.FLOAT, 16));
    weights.put("output", org.espalier.graph.Tensor.allocate(DataType.FLOAT, 16, 1));
    weights.put("offset", org.espalier.graph.Tensor.allocate(DataType.FLOAT, 1));
    var attacker = new Attacker(weights);
    attacker.draw(seed);
    return attacker;
  }

  /** Answers that are the more certain of the label, the larger {@code certainty}. */
  private static Pass pass(long seed, double certainty) {
    torch.manual_seed(seed);
    Tensor labels = torch.rand(64).mul(new Scalar(CLASSES)).to(ScalarType.Long);
    Tensor noise = torch.randn(new long[] {64, CLASSES}, new TensorOptions(ScalarType.Float));
    Tensor right = torch.one_hot(labels, CLASSES).to(ScalarType.Float);
    return new Pass(noise, labels, noise.add(right, new Scalar(certainty)), Map.of());
  }

  private static double accuracy(Attacker attacker, Pass members, Pass strangers) {
    double right = attacker.judge(members).gt(new Scalar(0.0)).sum().item_long();
    double wrong = attacker.judge(strangers).gt(new Scalar(0.0)).sum().item_long();
    return (right + 64 - wrong) / 128;
  }

  @Test
  void theAttackerLearnsToTellCertainFromUncertainAndNothingElse() {
    long seed = SeededRandom.fresh().nextInt(1000);
    Attacker sharp = attacker(seed);
    Attacker blind = attacker(seed);
    for (int k = 0; k < 300; k++) {
      try (var _ = new PointerScope()) {
        sharp.improve(pass(seed + 2L * k, 12), pass(seed + 2L * k + 1, 0), 0.5);
        blind.improve(pass(seed + 2L * k, 1), pass(seed + 2L * k + 1, 1), 0.5);
      }
    }
    try (var _ = new PointerScope()) {
      assertThat(accuracy(sharp, pass(7001, 12), pass(7002, 0))).isGreaterThan(0.95);
      assertThat(accuracy(blind, pass(7001, 1), pass(7002, 1))).isCloseTo(0.5, within(0.15));
    }
  }

  @Test
  void withoutWeightItIsPlainTraining() {
    var data = Rules.digits(155);
    var others = Rules.digits(403).slice(200, 300);
    var plain = Rules.train(Rules.net(), Rules.options(1), data);
    var free =
        Rules.train(Rules.net(), Rules.options(1), data, new MembershipGame(others, 0, 0.1, 8));
    var played =
        Rules.train(Rules.net(), Rules.options(1), data, new MembershipGame(others, 1, 0.1, 8));
    assertThat(Rules.weights(free)).isEqualTo(Rules.weights(plain));
    assertThat(Rules.weights(played)).isNotEqualTo(Rules.weights(plain));
  }
}
