package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.torch.Libtorch;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingRule;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Test;

class InnerDistillationTest {
  private final SeededRandom random = SeededRandom.fresh();

  @Test
  void ofAValueToItselfThereIsNoDistance() {
    Tensor value = random.gaussian(3, 7, 5, 4);
    assertThat(distance(value, value)).isZero();
  }

  @Test
  void equalWidthsAreComparedElementByElement() {
    Tensor student = random.gaussian(3, 7, 5, 4);
    Tensor teacher = random.gaussian(3, 7, 5, 4);
    double sum = 0;
    for (long k = 0; k < student.size(); k++) {
      double difference = student.floatAt(k) - teacher.floatAt(k);
      sum += difference * difference;
    }
    assertThat(distance(student, teacher)).isCloseTo(sum / student.size(), Offset.offset(1e-5));
  }

  @Test
  void widerTeachersAreReachedThroughALinearMap() {
    Tensor student = random.gaussian(64, 3);
    Tensor map = random.gaussian(3, 5);
    Tensor teacher = Tensor.of(new float[64 * 5], 64, 5).copy();
    for (int n = 0; n < 64; n++) {
      for (int j = 0; j < 5; j++) {
        float sum = 0;
        for (int k = 0; k < 3; k++) {
          sum += student.floatAt(n * 3L + k) * map.floatAt(k * 5L + j);
        }
        teacher.setFloat(n * 5L + j, sum);
      }
    }
    assertThat(distance(student, teacher)).isLessThan(1e-6);
    assertThat(distance(student, random.gaussian(64, 5))).isGreaterThan(0.1);
  }

  private static double distance(Tensor student, Tensor teacher) {
    try (var _ = new PointerScope()) {
      return InnerDistillation.distance("v", Libtorch.view(student), Libtorch.view(teacher))
          .item_double();
    }
  }

  @Test
  void whoIsHisOwnTeacherLearnsAsIfThereWereNone() {
    Model net = Rules.net();
    var options =
        Rules.options(1)
            .withBatch(50)
            .withOptimizer(new Sgd(0, false, WeightDecay.NONE), new LearningRate.Constant(0.1));
    Map<String, Tensor> alone = weights(net, options);
    assertThat(weights(net, options, InnerDistillation.of(net, net, 20))).isEqualTo(alone);
    Model stranger = Zoo.build("mlpnet", 99);
    assertThat(weights(net, options, InnerDistillation.of(net, stranger, 20))).isNotEqualTo(alone);
  }

  private static Map<String, Tensor> weights(
      Model net, TrainingOptions options, TrainingRule... rules) {
    return Rules.weights(Rules.train(net, options, Rules.digits(50), rules));
  }

  /** A training goes on from a checkpoint only where its rules describe themselves the same. */
  @Test
  void anotherTeacherIsAnotherTraining() {
    Model net = Rules.net();
    String own = InnerDistillation.of(net, net, 20).describe();
    assertThat(InnerDistillation.of(net, net, 20).describe()).isEqualTo(own);
    Model stranger = Zoo.build("mlpnet", 99);
    assertThat(InnerDistillation.of(net, stranger, 20).describe()).isNotEqualTo(own);
  }

  @Test
  void aTeacherOfAnotherKindIsRefused() {
    Model net = Rules.net();
    assertThatThrownBy(() -> new InnerDistillation(net, Set.of("nowhere"), 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nowhere");
  }
}
