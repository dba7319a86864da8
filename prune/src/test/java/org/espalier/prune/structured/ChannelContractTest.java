package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.About;
import org.espalier.prune.Budget;
import org.espalier.prune.Count;
import org.espalier.prune.Methods;
import org.espalier.prune.Nets;
import org.espalier.prune.PoorData;
import org.espalier.prune.Skipped;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Frozen;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.proof.Masked;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method that removes channels owes, for all that are registered. */
class ChannelContractTest {
  private static final Model NETWORK = Zoo.build("resnet20", 3);

  static Stream<String> methods() {
    return Methods.all().stream()
        .filter(ChannelMethod.class::isInstance)
        .map(method -> method.about().name());
  }

  private static ChannelOutcome apply(ChannelRecipe recipe) {
    try (var tools = Observing.of(NETWORK)) {
      return recipe.apply(NETWORK, tools.evidence(), tools.meters());
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aShareIsMetExactlyByTheSameChannelsEachTimeAndTheyCountNoMore(String name) {
    ChannelMethod method = (ChannelMethod) Methods.named(name);
    ChannelOutcome out = apply(ChannelRecipe.named(name).seed(42).steps(1));
    assertThat(out.model()).isEqualTo(apply(ChannelRecipe.named(name).seed(42).steps(1)).model());
    ChannelCertificate certificate = out.certificate();
    Set<String> kept = new HashSet<>();
    List<String> frozen = Coupling.of(NETWORK).frozen().stream().map(Frozen::reason).toList();
    certificate.skipped().stream()
        .filter(skipped -> !frozen.contains(skipped.reason()))
        .map(Skipped::node)
        .forEach(kept::add);
    long before = 0;
    long after = 0;
    for (ChannelCertificate.Width width : certificate.groups()) {
      if (!kept.contains(width.group())) {
        before += width.before();
        after += width.after();
        if (!method.allocates()) {
          assertThat(width.after())
              .as(width.group())
              .isEqualTo(width.before() - (int) Math.round(0.5 * width.before()));
        }
      }
    }
    assertThat(before - after).isBetween(before / 2, before / 2 + 1);
    if (!method.repairs()) {
      assertSameAsMasked(out.removals().getFirst(), out.model());
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void workIsWithinTheBudgetAndNoChannelFromIt(String name) {
    ChannelOutcome less = apply(ChannelRecipe.named(name).budget(Budget.parse("macs=0.5x")));
    double macs = (double) Inspection.of(less.model()).macs() / Inspection.of(NETWORK).macs();
    assertThat(macs).isBetween(0.48, 0.5);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whatIsKeptDenseIsUntouched(String name) {
    String weight = Coupling.of(NETWORK).groups().getLast().name();
    ChannelOutcome out = apply(ChannelRecipe.named(name).keepDense(Set.of(weight)));
    assertThat(out.certificate().skipped())
        .anySatisfy(
            skipped -> {
              assertThat(skipped.node()).startsWith(weight);
              assertThat(skipped.reason()).isEqualTo("kept dense as asked");
            });
    assertThat(out.model().graph().initializer(weight).orElseThrow().shape())
        .isEqualTo(NETWORK.graph().initializer(weight).orElseThrow().shape());
  }

  private static void assertSameAsMasked(Removal removal, Model actual) {
    Masked masked = Masked.of(removal.coupling());
    try (Executor one = OnnxRuntime.of(masked.model());
        Executor other = OnnxRuntime.of(actual)) {
      Map<String, Tensor> inputs = RandomInputs.takenBy(other, actual, 5, 2);
      Map<String, Tensor> outputs = other.run(inputs);
      one.run(masked.inputs(inputs, removal))
          .forEach(
              (output, tensor) -> {
                Agreement agreement = Agreement.of(tensor, outputs.get(output), 1e-4);
                assertThat(agreement.holds()).as(agreement.reason()).isTrue();
              });
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void poorDataGiveFiniteWeightsOrAnErrorThatSaysWhatIsWrong(String name) {
    ChannelMethod method = (ChannelMethod) Methods.named(name);
    List<String> needs = method.about().needs();
    if (!needs.contains(About.INPUTS) && !needs.contains(About.LABELS)) {
      return;
    }
    Model model = Nets.residual(6);
    int channels = Coupling.of(model).channels();
    for (PoorData poor : PoorData.values()) {
      try (var tools = Observing.of(model, poor.images(8, 5))) {
        ChannelRecipe recipe = ChannelRecipe.named(name);
        if (poor.isUsable(needs.contains(About.LABELS))) {
          Model small = recipe.apply(model, tools.evidence(), tools.meters()).model();
          assertThat(PoorData.isFinite(small)).as(poor + "").isTrue();
          assertThat(Coupling.of(small).channels()).as(poor + "").isLessThan(channels);
        } else {
          assertThatThrownBy(() -> recipe.apply(model, tools.evidence(), tools.meters()))
              .as(poor + "")
              .isInstanceOf(InvalidInputException.class)
              .hasMessageMatching(poor.complaint());
        }
      }
    }
  }

  @Test
  void parametersAreWithinTheBudgetAndNoChannelFromIt() {
    for (String name : List.of("l1-filter", "depgraph", "precrop")) {
      ChannelOutcome fewer =
          ChannelRecipe.named(name).budget(Budget.parse("params=0.6x")).apply(NETWORK);
      long limit = Math.round(0.6 * Count.of(NETWORK).parameters());
      assertThat(Count.of(fewer.model()).parameters()).isBetween((long) (0.98 * limit), limit);
    }
  }

  @Test
  void stepsEndWhereOneStepWouldHave() {
    ChannelRecipe recipe = ChannelRecipe.named("l1-filter").budget(Budget.parse("channels=0.6"));
    assertThat(recipe.steps(3).apply(NETWORK).certificate().groups())
        .isEqualTo(recipe.apply(NETWORK).certificate().groups());
    ChannelOutcome out = recipe.budget(Budget.parse("macs=0.4x")).steps(4).apply(NETWORK);
    assertThat(out.removals()).hasSize(4);
    assertThat((double) Inspection.of(out.model()).macs() / Inspection.of(NETWORK).macs())
        .isBetween(0.38, 0.4);
  }

  @Test
  void widthsAreMultiplesWhereAsked() {
    ChannelOutcome out =
        ChannelRecipe.named("depgraph")
            .budget(Budget.parse("macs=0.5x"))
            .multiple(8)
            .apply(NETWORK);
    assertThat(out.certificate().groups()).allMatch(width -> width.after() % 8 == 0);
    assertThat(out.certificate().groups()).anyMatch(width -> width.after() < width.before());
  }

  @Test
  void bytesAreThoseOfTheFile() {
    ChannelOutcome out =
        ChannelRecipe.named("l1-filter").budget(Budget.parse("bytes=500kB")).apply(NETWORK);
    assertThat(Inspection.of(out.model()).bytes()).isBetween(480_000L, 500_000L);
    assertThat(out.certificate().reached())
        .isEqualTo("bytes=" + Inspection.of(out.model()).bytes());
  }

  @Test
  void latencyAndAccuracyAreWhatTheMetersSay() {
    Meter slow = model -> 1e-3 * Inspection.of(model).macs();
    ChannelRecipe recipe = ChannelRecipe.named("l1-filter");
    ChannelOutcome fast =
        recipe
            .budget(Budget.parse("latency=0.5x"))
            .apply(NETWORK, Evidence.NONE, Meters.NONE.withLatency(slow));
    assertThat(slow.of(fast.model()) / slow.of(NETWORK)).isBetween(0.48, 0.5);
    assertThat(fast.certificate().measured()).hasSizeLessThan(12);
    Meter accuracy = model -> 100.0 * Count.of(model).parameters() / 300_000;
    ChannelOutcome accurate =
        recipe
            .budget(Budget.parse("accuracy=-20"))
            .apply(NETWORK, Evidence.NONE, Meters.NONE.withAccuracy(accuracy));
    assertThat(accuracy.of(NETWORK) - accuracy.of(accurate.model())).isBetween(18.5, 20.0);
  }

  @Test
  void oneChannelStaysWhereAllOfALayerAreAskedFor() {
    ChannelRecipe recipe = ChannelRecipe.named("l1-filter");
    ChannelOutcome thin = recipe.budget(Budget.parse("channels=0.999")).apply(NETWORK);
    assertThat(thin.certificate().groups()).allMatch(width -> width.after() == 1);
    assertThat(thin.certificate().note()).contains("keep more than asked, as many as must stay");
    String first = thin.certificate().groups().getFirst().group();
    ChannelOutcome one =
        recipe
            .scope(Scope.parse(first + "=1.0"))
            .budget(Budget.parse("channels=0.9"))
            .apply(NETWORK);
    assertThat(one.certificate().groups())
        .allMatch(width -> width.after() == (width.group().equals(first) ? 1 : width.before()));
    assertThat(one.certificate().note()).contains("no more may go");
    assertSameAsMasked(one.removals().getFirst(), one.model());
  }

  @Test
  void whatCannotBeMetOrMeasuredIsSaid() {
    ChannelRecipe recipe = ChannelRecipe.named("l1-filter");
    assertThatThrownBy(() -> recipe.budget(Budget.parse("macs=0.001x")).apply(NETWORK))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("with all")
        .hasMessageContaining("gone that may go");
    assertThatThrownBy(() -> recipe.budget(Budget.parse("latency=5ms")).apply(NETWORK))
        .hasMessageContaining("can't be measured here");
    assertThatThrownBy(() -> recipe.budget(Budget.parse("sparsity=0.5")))
        .hasMessageContaining("removes channels, which takes channels=0.5");
    assertThatThrownBy(() -> recipe.keepDense(Set.of("nothing")).apply(NETWORK))
        .hasMessage("no weight or node is named 'nothing', which was to stay dense");
  }
}
