package org.espalier.prune.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Demand;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.LayerMatrix;
import org.espalier.prune.Mask;
import org.espalier.prune.Nets;
import org.espalier.prune.Pattern;
import org.espalier.prune.Saliency;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;

class EqualSpectralErrorTest {
  private static final Pattern UNSTRUCTURED = new Pattern.Unstructured();

  private final SeededRandom random = SeededRandom.fresh();

  private static Demand demand(List<Layer> layers, long prune) {
    var scores = layers.stream().map(l -> Saliency.magnitude().score(l, 0)).toList();
    return new Demand(layers, scores, UNSTRUCTURED, prune, Evidence.NONE, 0);
  }

  private static double exact(org.bytedeco.pytorch.Tensor matrix) {
    return torch.linalg_svdvals(matrix).max().item_double();
  }

  @Test
  void theNormIsTheLargestSingularValue() {
    try (var _ = new PointerScope()) {
      // One direction is far ahead of the others, as otherwise thirty steps are only near.
      Tensor weights = random.gaussian(11, 7);
      for (int k = 0; k < 77; k++) {
        weights.setFloat(k, weights.floatAt(k) + 4);
      }
      var matrix = LayerMatrix.of(Nets.layer("w", weights, false));
      double expected = exact(matrix);
      assertThat(EqualSpectralError.norm(matrix)).isCloseTo(expected, within(1e-9 * expected));
      assertThat(EqualSpectralError.norm(matrix.mul(new Scalar(0.0)))).isZero();
    }
  }

  /** A layer of a few large weights and one whose weights are alike bear unequal shares. */
  @Test
  void errorsAreEqualAndTheBudgetIsMet() {
    Tensor uneven = random.gaussian(40, 30);
    for (int k = 0; k < uneven.size(); k++) {
      uneven.setFloat(k, (float) Math.pow(uneven.floatAt(k), 5));
    }
    List<Layer> layers =
        List.of(
            Nets.layer("even", random.gaussian(30, 50), false),
            Nets.layer("uneven", uneven, true),
            Nets.layer("small", random.gaussian(20, 10), false));
    long prune = 1740;
    long[] counts = new EqualSpectralError().counts(demand(layers, prune));
    assertThat(LongStream.of(counts).sum()).isEqualTo(prune);
    assertThat(counts[1] / 1200.0).isGreaterThan(0.1 + counts[0] / 1500.0);
    double[] errors = new double[3];
    for (int k = 0; k < 3; k++) {
      Layer layer = layers.get(k);
      Mask mask =
          Goal.of(layer, UNSTRUCTURED, counts[k], 0)
              .select(layer, Saliency.magnitude().score(layer, 0));
      try (var _ = new PointerScope()) {
        var dense = LayerMatrix.of(layer);
        var rest = LayerMatrix.of(layer, mask.apply(layer.tensor()));
        errors[k] = exact(dense.sub(rest)) / exact(dense);
      }
    }
    assertThat(errors[1]).isCloseTo(errors[0], within(0.1));
    assertThat(errors[2]).isCloseTo(errors[0], within(0.1));
  }

  @Test
  void aLayersScaleDoesntMatter() {
    Tensor weights = random.gaussian(13, 17);
    Tensor scaled = weights.copy();
    for (int k = 0; k < scaled.size(); k++) {
      scaled.setFloat(k, 8 * scaled.floatAt(k));
    }
    Layer other = Nets.layer("b", random.gaussian(11, 19), false);
    long[] counts =
        new EqualSpectralError()
            .counts(demand(List.of(Nets.layer("a", weights, false), other), 250));
    assertThat(
            new EqualSpectralError()
                .counts(demand(List.of(Nets.layer("a", scaled, false), other), 250)))
        .isEqualTo(counts);
  }
}
