package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Mask;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Outcome;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.junit.jupiter.api.Test;

/** Wanda on layers whose answers are known. */
class WandaTest {
  @Test
  void theKnownExample() {
    Tensor examples = Tensor.of(new float[] {4, 0, 0, 1}, 2, 2);
    var one = OneLayer.of(Tensor.of(new float[] {1, -3, 2, 0.5f}, 2, 2), examples);
    Outcome out = Recipe.named("wanda").sparsity(0.5).apply(one.model(), one.data());
    assertThat(out.masks().byWeight().get("w"))
        .isEqualTo(Mask.of(new boolean[] {true, false, true, false}));
  }

  @Test
  void onInputsOfEqualNormsItIsMagnitudeRowByRow() {
    var random = SeededRandom.fresh();
    Tensor signs = random.gaussian(23, 14);
    for (int k = 0; k < signs.size(); k++) {
      signs.setFloat(k, Math.signum(signs.floatAt(k)) * 1.5f);
    }
    var one = OneLayer.of(random.gaussian(5, 14), signs);
    Outcome out = Recipe.named("wanda").sparsity(0.5).apply(one.model(), one.data());
    Mask mask = out.masks().byWeight().get("w");
    for (int row = 0; row < 5; row++) {
      int base = row * 14;
      double[] sorted =
          IntStream.range(0, 14)
              .mapToDouble(k -> Math.abs(one.layer().tensor().realAt(base + k)))
              .sorted()
              .toArray();
      for (int k = 0; k < 14; k++) {
        boolean large = Math.abs(one.layer().tensor().realAt(base + k)) >= sorted[7];
        assertThat(mask.keeps(base + k)).isEqualTo(large);
      }
    }
  }

  /** A row's smallest |w| norm(x) are its smallest w^2 H_jj, and H is diagonal here. */
  @Test
  void itIsTheSurgeonsChoiceWhereInputsDontMix() {
    var random = SeededRandom.fresh();
    int columns = 17;
    Tensor examples = Tensor.of(new float[columns * columns], columns, columns);
    for (int k = 0; k < columns; k++) {
      examples.setFloat((long) k * columns + k, (float) random.nextDouble(0.1, 9));
    }
    var one = OneLayer.of(random.gaussian(1, columns), examples);
    for (int prune = 1; prune < columns; prune++) {
      Recipe recipe = Recipe.named("wanda").sparsity((double) prune / columns);
      Mask mask = recipe.apply(one.model(), one.data()).masks().byWeight().get("w");
      assertThat(mask.pruned()).isEqualTo(prune);
      assertThat(mask)
          .isEqualTo(one.solve(new BrainSurgeon(0), new Pattern.Unstructured(), prune).mask());
    }
  }

  @Test
  void itDoesntSeeAScaleBetweenWeightAndInput() {
    var random = SeededRandom.fresh();
    Tensor weights = random.gaussian(7, 10);
    Tensor examples = random.gaussian(31, 10);
    Tensor halved = weights.copy();
    Tensor doubled = examples.copy();
    for (int row = 0; row < 7; row++) {
      halved.setFloat(row * 10 + 3, weights.floatAt(row * 10 + 3) / 2);
    }
    for (int row = 0; row < 31; row++) {
      doubled.setFloat(row * 10 + 3, examples.floatAt(row * 10 + 3) * 2);
    }
    Recipe recipe = Recipe.named("wanda").sparsity(0.6);
    var one = OneLayer.of(weights, examples);
    var other = OneLayer.of(halved, doubled);
    Mask mask = recipe.apply(one.model(), one.data()).masks().byWeight().get("w");
    assertThat(recipe.apply(other.model(), other.data()).masks().byWeight().get("w"))
        .isEqualTo(mask);
    for (int row = 0; row < 7; row++) { // the same share of every row
      int base = row * 10;
      assertThat(IntStream.range(0, 10).filter(k -> mask.keeps(base + k)).count()).isEqualTo(4);
    }
  }
}
