package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Recipe;
import org.espalier.prune.repair.BatchNormRecalibration;
import org.espalier.study.measure.ScoreCurve.Point;
import org.espalier.train.data.Dataset;
import org.junit.jupiter.api.Test;

/** Curves, masks, entropies, CKA and the attack on members where the answer is known. */
class CurvesTest {
  private static List<Point> fallingFromTheMiddle(double step) {
    var points = new ArrayList<Point>();
    for (int k = 0; k * step < 0.95; k++) {
      double sparsity = k * step;
      points.add(new Point(sparsity, sparsity <= 0.5 ? 1 : 1 - 2 * (sparsity - 0.5)));
    }
    return points;
  }

  @Test
  void theKneeIsWhereTheCurveBends() {
    assertThat(ScoreCurve.knee(fallingFromTheMiddle(0.1))).isCloseTo(0.5, within(1e-9));
    assertThat(ScoreCurve.knee(fallingFromTheMiddle(0.05))).isCloseTo(0.5, within(1e-9));
    assertThat(ScoreCurve.essential(fallingFromTheMiddle(0.05))).isCloseTo(0.5, within(1e-9));
    assertThat(ScoreCurve.essential(fallingFromTheMiddle(0.005)))
        .as("a fall of one percent counts as none")
        .isCloseTo(0.505, within(1e-9));
    assertThat(ScoreCurve.refined(fallingFromTheMiddle(0.1)))
        .anySatisfy(middle -> assertThat(middle).isCloseTo(0.55, within(1e-9)));
  }

  @Test
  void lossesAreScoresBelowZero() {
    List<Point> losses = List.of(new Point(0, -1), new Point(0.5, -1.009), new Point(0.9, -3));
    assertThat(ScoreCurve.essential(losses)).isEqualTo(0.5);
    assertThat(ScoreCurve.knee(losses)).isEqualTo(0.5);
  }

  @Test
  void masksOfOneRankingAreNested() {
    Model model = Networks.perceptron(SeededRandom.fresh(), 11, 13, 7);
    Masks before = null;
    for (double sparsity : new double[] {0.1, 0.35, 0.6, 0.95}) {
      Masks masks =
          Recipe.named("magnitude")
              .allocation(Allocation.GLOBAL)
              .sparsity(sparsity)
              .apply(model)
              .masks();
      if (before != null) {
        Masks wider = before;
        masks
            .byWeight()
            .forEach((name, mask) -> assertThat(mask.within(wider.byWeight().get(name))).isTrue());
      }
      before = masks;
    }
  }

  @Test
  void overlapIsWhatBothKeepOverWhatEitherKeeps() {
    Mask one = Mask.of(new boolean[] {true, true, true, false, false});
    Mask other = Mask.of(new boolean[] {false, true, true, true, false});
    assertThat(MaskOverlap.overlap(one, other)).containsExactly(2, 4);
    assertThat(MaskOverlap.overlap(one, one)).containsExactly(3, 3);
    var random = SeededRandom.fresh();
    Model dense = Networks.perceptron(random, 11, 13, 7);
    Dataset data = Networks.classified(random, 20, 11, 7);
    Model pruned =
        Recipe.named("magnitude").allocation(Allocation.GLOBAL).sparsity(0.7).apply(dense).model();
    try (Subject before = Networks.subject(dense, data, data);
        Subject after = Networks.subject(pruned, data, data)) {
      Findings findings = new MaskOverlap().of(before, after);
      assertThat(findings.number("overlapWithMagnitude")).isEqualTo(1);
      assertThat(findings.number("density")).isCloseTo(30, within(0.5));
    }
    Model narrower = Networks.perceptron(random, 11, 12, 7);
    try (Subject before = Networks.subject(dense, data, data);
        Subject after = Networks.subject(narrower, data, data)) {
      assertThatThrownBy(() -> new MaskOverlap().of(before, after))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("'w1' is [11, 13] in the one network and [11, 12]");
    }
  }

  @Test
  void aUnitThatIsOnForHalfOfEveryClassHasOneBit() {
    double[] counts = {4, 8};
    double[][] on = {{2, 4, 0, 4, 1}, {4, 0, 0, 8, 0}};
    double quarter = -(0.25 * Math.log(0.25) + 0.75 * Math.log(0.75)) / Math.log(2);
    assertThat(UnitEntropy.entropies(on, counts))
        .as("half of each; one class alone; never; always; a quarter of one class")
        .hasSize(3)
        .satisfies(
            bits -> {
              assertThat(bits.get(0)).isCloseTo(1, within(1e-12));
              assertThat(bits.get(1)).isZero();
              assertThat(bits.get(2)).isCloseTo(quarter / 2, within(1e-12));
            });
  }

  @Test
  void entropyIsThatOfTheNetworksOwnPotentials() {
    var random = SeededRandom.fresh();
    int hidden = 13;
    int classes = 3;
    Model model = Networks.perceptron(random, 5, hidden, classes);
    Dataset data = Networks.classified(random, 61, 5, classes);
    Tensor[] all = Networks.all(data);
    double[][] on = new double[classes][hidden];
    double[] counts = new double[classes];
    Tensor w = model.graph().initializer("w1").orElseThrow();
    Tensor b = model.graph().initializer("b1").orElseThrow();
    for (int n = 0; n < 61; n++) {
      int label = (int) all[1].integerAt(n);
      counts[label]++;
      for (int h = 0; h < hidden; h++) {
        double sum = b.realAt(h);
        for (int i = 0; i < 5; i++) {
          sum += all[0].realAt(n * 5L + i) * w.realAt((long) i * hidden + h);
        }
        on[label][h] += sum > 0 ? 1 : 0;
      }
    }
    double expected =
        UnitEntropy.entropies(on, counts).stream().mapToDouble(bits -> bits).average().orElse(0);
    assertThat(entropy(model, data)).isCloseTo(expected, within(1e-9));
    Model scaled =
        Connectivity.between(model, model.withGraph(model.graph().replacing(doubled(model))), 1);
    assertThat(entropy(scaled, data)).isCloseTo(expected, within(1e-9));
  }

  @Test
  void aUnitWithoutWeightsIsNotSilentButGone() {
    double[] silent = {2, 0}; // what two units say to two examples is [[0, 1], [0, 2]]
    assertThat(DeadUnits.share(silent, new boolean[] {false, false}, 2)).isEqualTo(0.5);
    assertThat(DeadUnits.share(silent, new boolean[] {true, false}, 2)).isZero();
    assertThat(DeadUnits.share(silent, new boolean[] {true, true}, 2)).isZero();
  }

  @Test
  void silenceIsThatOfTheNetworksOwnUnits() {
    var random = SeededRandom.fresh();
    int hidden = 13;
    Model model = Networks.perceptron(random, 5, hidden, 3);
    Tensor w = model.graph().initializer("w1").orElseThrow().copy();
    for (int i = 0; i < 5; i++) {
      w.setFloat((long) i * hidden + 4, 0);
    }
    Model pruned = model.withGraph(model.graph().replacing(Map.of("w1", w)));
    Dataset data = Networks.classified(random, 61, 5, 3);
    Tensor[] all = Networks.all(data);
    Tensor b = model.graph().initializer("b1").orElseThrow();
    double silent = 0;
    for (int n = 0; n < 61; n++) {
      for (int h = 0; h < hidden; h++) {
        double sum = b.realAt(h);
        for (int i = 0; i < 5; i++) {
          sum += all[0].realAt(n * 5L + i) * w.realAt((long) i * hidden + h);
        }
        silent += h != 4 && sum <= 0 ? 1 : 0;
      }
    }
    try (Subject subject = Networks.subject(pruned, data, data)) {
      Findings found = new DeadUnits().of(subject);
      assertThat(found.number("silent")).isCloseTo(100 * silent / 61 / 12, within(1e-9));
      assertThat(found.tables().getFirst().rows().getFirst().subList(0, 3))
          .containsExactly("w1", hidden, 1);
    }
  }

  private static Map<String, Tensor> doubled(Model model) {
    var doubled = new LinkedHashMap<String, Tensor>();
    for (String name : List.of("w1", "b1")) {
      Tensor tensor = model.graph().initializer(name).orElseThrow().copy();
      for (long k = 0; k < tensor.size(); k++) {
        tensor.setFloat(k, 2 * tensor.floatAt(k));
      }
      doubled.put(name, tensor);
    }
    return doubled;
  }

  private static double entropy(Model model, Dataset data) {
    try (Subject subject = Networks.subject(model, data, data)) {
      return new UnitEntropy().of(subject).number("entropy");
    }
  }

  @Test
  void kernelAlignmentIsBlindToRotationAndScale() {
    var random = SeededRandom.fresh();
    double[][] x = new double[31][4];
    double[][] turned = new double[31][4];
    double[][] other = new double[31][6];
    double angle = random.nextDouble() * 6;
    for (int n = 0; n < 31; n++) {
      x[n] = random.doubles(4, -1, 1).toArray();
      other[n] = random.doubles(6, -1, 1).toArray();
      turned[n] = x[n].clone();
      turned[n][0] = Math.cos(angle) * x[n][0] - Math.sin(angle) * x[n][2];
      turned[n][2] = Math.sin(angle) * x[n][0] + Math.cos(angle) * x[n][2];
      for (int k = 0; k < 4; k++) {
        turned[n][k] = 7 * turned[n][k] + 3;
      }
    }
    assertThat(KernelAlignment.cka(x, x)).isCloseTo(1, within(1e-9));
    assertThat(KernelAlignment.cka(x, turned)).isCloseTo(1, within(1e-9));
    assertThat(KernelAlignment.cka(x, other)).isBetween(0.0, 0.7);
    assertThat(KernelAlignment.cka(new double[5][2], new double[5][2])).isNaN();
    assertThatThrownBy(() -> KernelAlignment.cka(x, new double[30][2]))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void betweenTheWellsOfADoubleWellIsTheirBarrier() {
    double[] wells = new double[11];
    Arrays.setAll(wells, k -> 3 * Math.pow(1 - Math.pow(2 * k / 10.0 - 1, 2), 2));
    assertThat(Connectivity.barrier(wells)).isCloseTo(3, within(1e-12));
    assertThat(Connectivity.deviation(wells)).isCloseTo(-3, within(1e-12));
    assertThat(Connectivity.deviation(new double[] {4, 1, 4})).isEqualTo(3);
    assertThat(Connectivity.barrier(new double[] {0, 1, 2})).as("a line").isZero();
    assertThat(ThreeRegimes.regime(-5, 0.99)).startsWith("regime I,");
    assertThat(ThreeRegimes.regime(0, 0.5)).startsWith("regime II-A");
    assertThat(ThreeRegimes.regime(2, 0.95)).startsWith("regime II-B");
  }

  @Test
  void nothingLiesBetweenANetworkAndItself() {
    var random = SeededRandom.fresh();
    Model one = Networks.perceptron(random, 5, 7, 3);
    Model other = Networks.perceptron(random, 5, 7, 3);
    Dataset data = Networks.classified(random, 40, 5, 3);
    assertThat(Connectivity.between(one, other, 0).graph().initializers())
        .isEqualTo(one.graph().initializers());
    assertThat(Connectivity.between(one, other, 1).graph().initializers())
        .isEqualTo(other.graph().initializers());
    Tensor half = Connectivity.between(one, other, 0.5).graph().initializer("w2").orElseThrow();
    Tensor a = one.graph().initializer("w2").orElseThrow();
    Tensor b = other.graph().initializer("w2").orElseThrow();
    for (long k = 0; k < half.size(); k++) {
      assertThat(half.realAt(k)).isCloseTo((a.realAt(k) + b.realAt(k)) / 2, within(1e-6));
    }
    try (Subject same = Networks.subject(one, data, data);
        Subject again = Networks.subject(one, data, data)) {
      Findings findings = new Connectivity().of(same, again);
      assertThat(findings.number("barrier")).isCloseTo(0, within(1e-9));
      assertThat(findings.number("lmc")).isZero();
      assertThat(new KernelAlignment().of(same, again).number("cka")).isCloseTo(1, within(1e-9));
    }
    Model wider = Networks.perceptron(random, 5, 8, 3);
    assertThatThrownBy(() -> Connectivity.between(one, wider, 0.5))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nothing lies between them");
  }

  /** A network whose statistics are those of the data keeps them at the path's beginning. */
  @Test
  void statisticsAreMadeAnewAtEachPoint() {
    var random = SeededRandom.fresh();
    Dataset data = Networks.classified(random, 40, 5, 3);
    Model raw = Networks.normalized(random, 5, 3);
    Sample sample = new Sample(data, IntStream.range(0, 40).toArray());
    Model fitted = BatchNormRecalibration.recalibrated(raw, sample.calibration(raw, 7));
    Model start = Connectivity.between(fitted, Networks.normalized(random, 5, 3), 0);
    Model again = BatchNormRecalibration.recalibrated(start, sample.calibration(start, 7));
    for (String name : List.of("mean", "var")) {
      Tensor before = fitted.graph().initializer(name).orElseThrow();
      Tensor after = again.graph().initializer(name).orElseThrow();
      assertThat(after).isEqualTo(before);
      assertThat(before).isNotEqualTo(raw.graph().initializer(name).orElseThrow());
    }
    try (Subject one = Networks.subject(fitted, data, data);
        Subject stale = Networks.subject(raw, data, data)) {
      assertThat(new Connectivity().of(one, stale).number("barrier"))
          .as("the statistics in the files don't matter")
          .isCloseTo(0, within(1e-6));
    }
  }

  @Test
  void aLookupTableGivesItsMembersAway() {
    double[] members = new double[50];
    double[] others = new double[40];
    Arrays.fill(others, 2);
    Findings findings = Membership.of(members, others, 1);
    assertThat(findings.number("attackAccuracy")).isEqualTo(100);
    assertThat(findings.number("bestThresholdAccuracy")).isEqualTo(100);
    assertThat(findings.number("members")).isEqualTo(40);
  }

  @Test
  void whoHasSeenNeitherTellsNothing() {
    var random = SeededRandom.of(17);
    double[] members = random.doubles(4000).toArray();
    double[] others = random.doubles(4000).toArray();
    double sigma = 100 * 0.5 / Math.sqrt(8000);
    assertThat(Membership.of(members, others, 1).number("attackAccuracy"))
        .isCloseTo(50, within(3 * sigma));
  }

  @Test
  void theBestThresholdIsHalfAndHalfTheDistanceOfTheDistributions() {
    var random = SeededRandom.fresh();
    double[] members = random.doubles(57, 0, 1).toArray();
    double[] others = random.doubles(57, 0.2, 1.1).toArray();
    double distance =
        Arrays.stream(members)
            .map(at -> below(members, at) - below(others, at))
            .max()
            .orElseThrow();
    assertThat(Membership.of(members, others, 3).number("bestThresholdAccuracy"))
        .isCloseTo(100 * (0.5 + Math.max(0, distance) / 2), within(1e-9));
  }

  private static double below(double[] values, double at) {
    return (double) IntStream.range(0, values.length).filter(k -> values[k] <= at).count()
        / values.length;
  }
}
