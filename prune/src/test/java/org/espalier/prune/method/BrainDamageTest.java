package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Set;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Hutchinson;
import org.junit.jupiter.api.Test;

/** What the variants of Optimal Brain Damage tell of squared errors, whose curvature is known. */
class BrainDamageTest {
  private static Scores scores(ScoringMethod method, Evidence evidence, Layer layer) {
    return method.saliency().score(layer, evidence, 0);
  }

  /** One linear layer on examples with the answers that it gives itself: a minimum. */
  private static Evidence atItsMinimum(OneLayer one, Tensor examples) {
    int rows = one.layer().rows();
    int columns = one.layer().columns();
    Tensor answers = Tensor.of(new float[(int) examples.dim(0) * rows], examples.dim(0), rows);
    for (int n = 0; n < examples.dim(0); n++) {
      for (int row = 0; row < rows; row++) {
        double sum = 0;
        for (int k = 0; k < columns; k++) {
          sum +=
              one.layer().tensor().realAt(one.layer().index(row, k))
                  * examples.realAt((long) n * columns + k);
        }
        answers.setFloat((long) n * rows + row, (float) sum);
      }
    }
    int batch = (int) examples.dim(0);
    return Evidence.of(one.model(), Set.of("w"), Calibration.of("x", examples, answers, batch));
  }

  /** The Hessian is 2/3 X^T X = [[2, 1], [1, 2]]. */
  @Test
  void theKnownExample() {
    float root = (float) Math.sqrt(1.5);
    Tensor examples = Tensor.of(new float[] {root, root, root, 0, 0, root}, 3, 2);
    var one = OneLayer.of(Tensor.of(new float[] {1, 2}, 1, 2), examples);
    try (Evidence evidence = atItsMinimum(one, examples)) {
      for (ScoringMethod method : List.of(new BrainDamageExact(), new BrainDamageGaussNewton())) {
        Scores damage = scores(method, evidence, one.layer());
        assertThat(damage.at(0)).as(method.about().name()).isCloseTo(1, within(1e-5f));
        assertThat(damage.at(1)).as(method.about().name()).isCloseTo(4, within(1e-5f));
      }
    }
  }

  /** Examples along the axes: no weight's removal changes what another's costs. */
  @Test
  void withoutElementsOffTheDiagonalDamageAddsUp() {
    var random = SeededRandom.fresh();
    int columns = 7;
    Tensor examples = Tensor.of(new float[columns * columns], columns, columns);
    for (int k = 0; k < columns; k++) {
      examples.setFloat((long) k * columns + k, 0.5f + random.nextFloat());
    }
    var one = OneLayer.of(random.gaussian(1, columns), examples);
    double[] exact = new double[columns];
    for (int k = 0; k < columns; k++) {
      double x = examples.realAt((long) k * columns + k);
      exact[k] = 2 * x * x / columns;
    }
    try (Evidence evidence = atItsMinimum(one, examples)) {
      Tensor estimate = Hutchinson.diagonal(evidence, 1, random.nextLong()).get("w");
      for (int k = 0; k < columns; k++) {
        assertThat(estimate.realAt(k)).as("one vector").isCloseTo(exact[k], within(1e-5));
      }
      for (ScoringMethod method :
          List.of(
              new BrainDamageExact(), new BrainDamageGaussNewton(), new BrainDamageHutchinson())) {
        Scores damage = scores(method, evidence, one.layer());
        for (int set = 0; set < 1 << columns; set++) {
          Tensor without = one.layer().tensor().copy();
          double sum = 0;
          for (int k = 0; k < columns; k++) {
            if ((set >> k & 1) == 1) {
              without.setFloat(k, 0);
              sum += damage.at(k);
            }
          }
          double increase = one.error(without) / columns;
          assertThat(sum).as(method.about().name()).isCloseTo(increase, within(1e-5));
        }
      }
    }
  }

  @Test
  void whatBendsDownwardsCountsAsNothing() {
    Layer layer = Nets.layer("w", Tensor.of(new float[] {1, 2, 3}, 1, 3), false);
    Scores damage = BrainDamage.scores(layer, Tensor.of(new double[] {-4, 1, 2}, 1, 3));
    assertThat(List.of(damage.at(0), damage.at(1), damage.at(2))).containsExactly(0f, 2f, 9f);
  }
}
