package org.espalier.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Need;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every post-training method owes, for all that are registered. */
class MethodContractTest {
  private static final Set<Need> LOOK_AT_LABELS =
      EnumSet.of(
          Need.GRADIENTS,
          Need.FISHER_DIAGONAL,
          Need.GAUSS_NEWTON_DIAGONAL,
          Need.HESSIAN_DIAGONAL,
          Need.SAMPLE_GRADIENTS,
          Need.HESSIAN_VECTOR,
          Need.LOSS,
          Need.MASKED_GRADIENTS);

  static Stream<String> methods() {
    return Methods.all().stream()
        .filter(method -> method instanceof WeightMethod && !method.trains())
        .map(method -> method.about().name());
  }

  private static Calibration calibration() {
    return Nets.calibration(5, 41);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void theTargetIsMetExactlyAndPrunedIsZero(String name) {
    Model model = Nets.mixed(11);
    for (Allocation allocation : Allocation.all()) {
      boolean plain = allocation.needs().isEmpty();
      for (double sparsity : plain ? new double[] {0, 0.5, 0.9, 0.97} : new double[] {0.9}) {
        Outcome out =
            Recipe.named(name)
                .sparsity(sparsity)
                .allocation(allocation)
                .apply(model, calibration());
        Layers layers = Layers.of(out.model());
        long expected = Math.round(sparsity * layers.size());
        assertThat(out.masks().pruned()).isEqualTo(expected);
        long zeros =
            layers.layers().stream().mapToLong(l -> l.size() - l.tensor().nonzeros()).sum();
        assertThat(zeros).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void theSameSeedGivesTheSameModel(String name) {
    Recipe recipe = Recipe.named(name).sparsity(0.7).seed(42);
    assertThat(recipe.apply(Nets.mixed(1), calibration()).model())
        .isEqualTo(recipe.apply(Nets.mixed(1), calibration()).model());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whatIsKeptDenseIsUntouched(String name) {
    Model model = Nets.mixed(2);
    Outcome out =
        Recipe.named(name)
            .sparsity(0.8)
            .keepDense(Set.of("fc1.weight", "logits"))
            .apply(model, calibration());
    Tensor before = model.graph().initializers().get("fc1.weight");
    assertThat(out.model().graph().initializers().get("fc1.weight")).isSameAs(before);
    assertThat(out.certificate().skipped())
        .extracting(Skipped::reason)
        .containsOnly("kept dense as asked");
    assertThat(out.model().graph().initializers().get("conv.bias"))
        .isSameAs(model.graph().initializers().get("conv.bias"));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aPrunedModelPrunesFurther(String name) {
    Recipe recipe = Recipe.named(name).seed(9);
    Outcome half = recipe.sparsity(0.5).apply(Nets.mixed(4), calibration());
    Outcome most = recipe.sparsity(0.8).apply(half.model(), calibration());
    half.masks()
        .byWeight()
        .forEach(
            (weight, mask) ->
                assertThat(most.masks().byWeight().get(weight).within(mask)).isTrue());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void poorDataGiveFiniteWeightsOrAnErrorThatSaysWhatIsWrong(String name) {
    Recipe recipe = Recipe.named(name).sparsity(0.6);
    if (!recipe.needs().isEmpty()) {
      assertCopes(recipe);
    }
  }

  @Test
  void poorDataAreToldOfByAllocationsToo() {
    for (Allocation allocation : Allocation.all()) {
      if (!allocation.needs().isEmpty()) {
        assertCopes(Recipe.named("magnitude").allocation(allocation).sparsity(0.6));
      }
    }
  }

  private static void assertCopes(Recipe recipe) {
    String name = recipe.method().about().name() + ", " + recipe.allocation() + ", ";
    boolean labels = recipe.needs().stream().anyMatch(LOOK_AT_LABELS::contains);
    Model model = Nets.mixed(8);
    assertThatThrownBy(() -> recipe.apply(model, Calibration.NONE))
        .as(name)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("the calibration has no examples");
    for (PoorData poor : PoorData.values()) {
      Calibration data = poor.images(6, 5);
      if (poor.isUsable(labels)) {
        Outcome out = recipe.apply(model, data);
        assertThat(PoorData.isFinite(out.model())).as(name + poor).isTrue();
        assertThat(out.masks().pruned())
            .as(name + poor)
            .isEqualTo(Math.round(0.6 * out.masks().size()));
      } else {
        assertThatThrownBy(() -> recipe.apply(model, data))
            .as(name + poor)
            .isInstanceOf(InvalidInputException.class)
            .hasMessageMatching(poor.complaint());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aSingleRowOrColumnAndAnEmptyLayerArePruned(String name) {
    for (double sparsity : new double[] {0.85, 0.98}) {
      Outcome out = Recipe.named(name).sparsity(sparsity).apply(Nets.odd(7), calibration());
      assertThat(PoorData.isFinite(out.model())).isTrue();
      assertThat(out.masks().pruned()).isEqualTo(Math.round(sparsity * out.masks().size()));
      assertThat(out.masks().byWeight().get("zero").kept()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void howOftenDataAreLookedAtDoesntDependOnHowManyLayersThereAre(String name) {
    if (!(Methods.named(name) instanceof ScoringMethod)) {
      return;
    }
    var together = new Counted(calibration());
    var apart = new Counted(calibration());
    Recipe recipe = Recipe.named(name).sparsity(0.6);
    recipe.allocation(Allocation.GLOBAL).apply(Nets.mixed(8), together);
    recipe.allocation(Allocation.UNIFORM).apply(Nets.mixed(8), apart);
    assertThat(apart.passes.get()).isEqualTo(together.passes.get());
  }

  /** Counts how often data are gone through. */
  private record Counted(Calibration data, AtomicInteger passes) implements Calibration {
    Counted(Calibration data) {
      this(data, new AtomicInteger());
    }

    @Override
    public long samples() {
      return data.samples();
    }

    @Override
    public void forEach(Consumer<? super Batch> action) {
      passes.incrementAndGet();
      data.forEach(action);
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void parametersAreABudgetToo(String name) {
    Outcome out =
        Recipe.named(name).budget(Budget.parse("params=0.25x")).apply(Nets.mixed(6), calibration());
    Count before = out.certificate().before();
    assertThat(out.certificate().after().nonzeros())
        .isEqualTo(Math.round(0.25 * before.parameters()));
  }

  @Test
  void aClassThatTheModelLacksIsToldOf() {
    Tensor images = Tensor.of(new float[108], 1, 3, 6, 6);
    Calibration data = Calibration.of("input", images, Tensor.of(new long[] {5}, 1), 1);
    assertThatThrownBy(() -> Recipe.named("obd").apply(Nets.mixed(3), data))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("targets from 5 to 5 for a model of 5 classes, expected 0 to 4");
  }

  @Test
  void anUnknownMethodNamesTheNearest() {
    assertThatThrownBy(() -> Recipe.named("magnitud"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("no method 'magnitud'; nearest: magnitude ('espalier methods' lists all)");
  }

  @Test
  void aBudgetOutOfRangeSaysTheRange() {
    assertThatThrownBy(() -> Budget.parse("sparsity=1.2"))
        .hasMessage("budget sparsity=1.2: expected a share of weights, from 0 up to but not 1");
    assertThatThrownBy(() -> Budget.parse("sparsity=lots")).hasMessageContaining("is no number");
    assertThatThrownBy(() -> Budget.parse("speed=2")).hasMessageContaining("expected sparsity=0.9");
    assertThatThrownBy(
            () -> Recipe.named("magnitude").budget(Budget.parse("params=3")).apply(Nets.mixed(1)))
        .hasMessageContaining("would have to go");
  }

  @Test
  void oneRankingSeesALayersScaleAndRankingsOfTheirOwnDont() {
    Model model = Nets.mixed(8);
    Tensor larger = model.graph().initializers().get("fc1.weight").copy();
    for (int k = 0; k < larger.size(); k++) {
      larger.setFloat(k, 8 * larger.floatAt(k));
    }
    Model scaled = model.withGraph(Constants.replace(model.graph(), Map.of("fc1.weight", larger)));
    Recipe magnitude = Recipe.named("magnitude").sparsity(0.6);
    assertThat(magnitude.apply(scaled).masks()).isNotEqualTo(magnitude.apply(model).masks());
    Recipe each = magnitude.allocation(Allocation.UNIFORM);
    assertThat(each.apply(scaled).masks()).isEqualTo(each.apply(model).masks());
  }

  /**
   * Masks of two seeds have by chance d^2 of the weights in common, four deviations at most off.
   */
  @Test
  void randomMasksAreIndependentOfEachOther() {
    Layer layer = Nets.layer("w", 200, 150);
    var goal = Goal.of(layer, new Pattern.Unstructured(), 21_000, 0);
    Mask first = goal.select(layer, Saliency.random().score(layer, 1));
    assertThat(goal.select(layer, Saliency.random().score(layer, 1))).isEqualTo(first);
    for (int seed = 2; seed < 6; seed++) {
      Mask other = goal.select(layer, Saliency.random().score(layer, seed));
      assertThat(other.kept()).isEqualTo(9_000);
      var both = first.bits();
      both.and(other.bits());
      double deviation = Math.sqrt(30_000 * 0.3 * 0.3 * 0.7 * 0.7);
      assertThat((double) both.cardinality()).isBetween(2700 - 4 * deviation, 2700 + 4 * deviation);
    }
  }

  @Test
  void magnitudeKeepsTheLargest() {
    Outcome out = Recipe.named("magnitude").sparsity(0.6).apply(Nets.mixed(8));
    float smallestKept = Float.MAX_VALUE;
    float largestPruned = 0;
    for (Layer layer : Layers.of(Nets.mixed(8)).layers()) {
      Mask mask = out.masks().byWeight().get(layer.weight());
      for (int k = 0; k < layer.size(); k++) {
        float magnitude = Math.abs(layer.tensor().floatAt(k));
        if (mask.keeps(k)) {
          smallestKept = Math.min(smallestKept, magnitude);
        } else {
          largestPruned = Math.max(largestPruned, magnitude);
        }
      }
    }
    assertThat(smallestKept).isGreaterThanOrEqualTo(largestPruned);
  }
}
