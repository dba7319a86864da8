package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleSupplier;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** An attacker that learns, on answers whose leak is known. */
class MembershipTest {
  private static final int COUNT = 300;

  private final SeededRandom random = SeededRandom.of(11);

  /** Of two classes, drawn evenly, the right one has the probability that is given. */
  private Answers answers(int count, DoubleSupplier right) {
    float[] scores = new float[2 * count];
    long[] labels = random.longs(count, 0, 2).toArray();
    for (int k = 0; k < count; k++) {
      double probability = right.getAsDouble();
      scores[2 * k + (int) labels[k]] = (float) probability;
      scores[2 * k + 1 - (int) labels[k]] = (float) (1 - probability);
    }
    var tally = new AnswerTally(true);
    tally.add(Tensor.of(scores, count, 2), Tensor.of(labels, count));
    return tally.answers();
  }

  private static double learned(Answers members, Answers others) {
    return LearnedMembership.of(members, others, 2, 3).number("attackAccuracy");
  }

  private static double threshold(Answers members, Answers others) {
    return Membership.of(members.exampleLosses(), others.exampleLosses(), 3)
        .number("attackAccuracy");
  }

  @Test
  void whoseLossIsClearlySmallerIsAMember() {
    Answers members = answers(COUNT, () -> random.nextDouble(0.9, 1));
    Answers others = answers(COUNT, () -> random.nextDouble(0.3, 0.7));
    assertThat(learned(members, others)).isGreaterThan(98);
  }

  /** Five standard errors of a coin thrown for each. */
  @Test
  void whatIsAnsweredAlikeIsNoLeak() {
    Answers members = answers(COUNT, () -> random.nextDouble(0.3, 1));
    Answers others = answers(COUNT, () -> random.nextDouble(0.3, 1));
    double coin = 100 * 0.5 / Math.sqrt(2.0 * COUNT);
    assertThat(learned(members, others)).isCloseTo(50, within(5 * coin));
    assertThat(LearnedMembership.of(members, others, 2, 3).number("standardError"))
        .isCloseTo(coin, within(0.1));
  }

  /**
   * Members are either sure or wrong, others in doubt: no threshold tells more than a half of them.
   */
  @Test
  void anAttackerLearnsWhatNoThresholdTells() {
    Answers members = answers(COUNT, () -> random.nextBoolean() ? 0.95 : 0.05);
    Answers others = answers(COUNT, () -> random.nextDouble(0.3, 0.7));
    assertThat(threshold(members, others)).isCloseTo(75, within(5.0));
    assertThat(learned(members, others)).isGreaterThan(95);
  }

  @Test
  void moreOthersThanMembersDontTiltTheScale() {
    Answers members = answers(101, () -> random.nextDouble(0.9, 1));
    Answers others = answers(997, () -> random.nextDouble(0.3, 0.7));
    Findings found = LearnedMembership.of(members, others, 2, 3);
    assertThat(found.number("members")).isEqualTo(101);
    assertThat(found.number("attackAccuracy")).isGreaterThan(95);
    assertThat(LearnedMembership.of(members, others, 2, 3)).isEqualTo(found);
  }

  @Test
  void oneExampleIsNothingToLearnFrom() {
    Answers few = answers(3, () -> 0.5);
    assertThatThrownBy(() -> LearnedMembership.of(few, few, 2, 3))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "an attacker that learns from 3 members and 3 others, expected 4 or more of both");
  }
}
