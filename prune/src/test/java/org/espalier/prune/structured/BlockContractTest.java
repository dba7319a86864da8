package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
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
import org.espalier.prune.rewrite.Block;
import org.espalier.prune.rewrite.Blocks;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method that removes blocks owes, for all that are registered. */
class BlockContractTest {
  private static final Model NETWORK = Zoo.build("resnet20", 3);

  static Stream<String> methods() {
    return Methods.all().stream()
        .filter(BlockMethod.class::isInstance)
        .map(method -> method.about().name());
  }

  private static BlockOutcome apply(BlockRecipe recipe) {
    return apply(recipe, NETWORK);
  }

  private static BlockOutcome apply(BlockRecipe recipe, Model model) {
    try (var tools = Observing.of(model)) {
      return recipe.apply(model, tools.evidence(), tools.meters());
    }
  }

  private static Model zeroed(Model model, Set<String> names) {
    var zeros = new HashMap<String, Tensor>();
    for (String name : names) {
      Tensor weight = model.graph().initializer(name).orElseThrow();
      zeros.put(name, Tensor.allocate(weight.type(), weight.dims()));
    }
    return model.withGraph(model.graph().replacing(zeros));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void asManyGoAsAskedTheSameEachTimeAndWhatIsLeftIsTheNetworkWithZeroBranches(String name) {
    BlockRecipe recipe = BlockRecipe.named(name).budget(new Budget.Blocks(3)).seed(7);
    BlockOutcome out = apply(recipe);
    assertThat(out.model()).isEqualTo(apply(recipe).model());
    BlockCertificate certificate = out.certificate();
    assertThat(certificate.removed()).hasSize(3);
    assertThat(certificate.reached()).isEqualTo("blocks=3");
    Blocks blocks = Blocks.of(NETWORK);
    Model masked = blocks.model();
    long parameters = certificate.before().parameters();
    for (BlockCertificate.Gone gone : certificate.removed()) {
      Block block =
          blocks.all().stream()
              .filter(b -> b.name().equals(gone.block()))
              .findFirst()
              .orElseThrow();
      masked = zeroed(masked, block.last());
      parameters -= gone.parameters();
    }
    assertThat(certificate.after().parameters()).isEqualTo(parameters);
    try (Executor one = OnnxRuntime.of(masked);
        Executor other = OnnxRuntime.of(out.model())) {
      Map<String, Tensor> inputs = RandomInputs.takenBy(one, masked, 5, 2);
      Map<String, Tensor> outputs = other.run(inputs);
      one.run(inputs)
          .forEach(
              (output, tensor) -> {
                Agreement agreement = Agreement.of(tensor, outputs.get(output), 1e-4);
                assertThat(agreement.holds()).as(agreement.reason()).isTrue();
              });
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void workIsWithinTheBudgetAndNoBlockFromIt(String name) {
    BlockOutcome out = apply(BlockRecipe.named(name).budget(Budget.parse("macs=0.7x")));
    double limit = 0.7 * Inspection.of(NETWORK).macs();
    assertThat((double) Inspection.of(out.model()).macs()).isLessThanOrEqualTo(limit);
    Blocks blocks = Blocks.of(NETWORK);
    Set<String> gone = Set.copyOf(names(out));
    for (String back : gone) {
      List<Block> rest =
          blocks.all().stream()
              .filter(block -> gone.contains(block.name()) && !block.name().equals(back))
              .toList();
      assertThat((double) Inspection.of(blocks.without(rest)).macs()).isGreaterThan(limit);
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void poorDataAreCopedWithOrToldOf(String name) {
    List<String> needs = Methods.named(name).about().needs();
    if (!needs.contains(About.INPUTS) && !needs.contains(About.LABELS)) {
      return;
    }
    Model model = Nets.residual(6);
    BlockRecipe recipe = BlockRecipe.named(name).budget(new Budget.Blocks(1));
    for (PoorData poor : PoorData.values()) {
      try (var tools = Observing.of(model, poor.images(8, 5))) {
        if (poor.isUsable(needs.contains(About.LABELS))) {
          BlockOutcome out = recipe.apply(model, tools.evidence(), tools.meters());
          assertThat(out.certificate().removed()).as(poor + "").hasSize(1);
        } else {
          assertThatThrownBy(() -> recipe.apply(model, tools.evidence(), tools.meters()))
              .as(poor + "")
              .isInstanceOf(InvalidInputException.class)
              .hasMessageMatching(poor.complaint());
        }
      }
    }
  }

  private static List<String> names(BlockOutcome out) {
    return out.certificate().removed().stream().map(BlockCertificate.Gone::block).toList();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void noBlockThatIsKeptDenseOrChangesSizesGoes(String name) {
    Block kept = Blocks.of(NETWORK).all().get(2);
    BlockRecipe recipe = BlockRecipe.named(name).keepDense(Set.of(kept.nodes().getFirst()));
    BlockOutcome out = apply(recipe.budget(new Budget.Blocks(99)));
    assertThat(out.certificate().skipped())
        .containsExactly(new Skipped(kept.name(), "kept dense as asked"));
    assertThat(names(out)).doesNotContain(kept.name()).hasSize(6);
    assertThat(out.certificate().note()).contains("no more may");
    assertThat(Inspection.of(out.model()).layers())
        .filteredOn(layer -> layer.op().equals("Conv"))
        .hasSize(19 - 6 * 2);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aBlockThatAddsNothingGoesFirst(String name) {
    Blocks blocks = Blocks.of(NETWORK);
    Block idle = blocks.all().get(4);
    BlockRecipe recipe = BlockRecipe.named(name).budget(new Budget.Blocks(1));
    assertThat(names(apply(recipe, zeroed(blocks.model(), idle.last()))))
        .containsExactly(idle.name());
  }

  @Test
  void aBlockThatAddsNothingHasNoDivergence() {
    Blocks blocks = Blocks.of(NETWORK);
    Block idle = blocks.all().get(4);
    Model network = zeroed(blocks.model(), idle.last());
    BlockRecipe recipe = BlockRecipe.named("layer-lottery").budget(new Budget.Blocks(2));
    List<BlockCertificate.Gone> gone = apply(recipe, network).certificate().removed();
    assertThat(gone.get(0).block()).isEqualTo(idle.name());
    assertThat(gone.get(0).score()).isZero();
    assertThat(gone.get(1).score()).isPositive();
  }

  @Test
  void stepsScoreAnewAndEndAtTheBudget() {
    BlockRecipe recipe = BlockRecipe.named("layer-lottery").budget(new Budget.Blocks(3));
    BlockOutcome out = apply(recipe.steps(3));
    assertThat(names(out)).hasSize(3).doesNotHaveDuplicates();
    assertThat(names(out).getFirst()).isEqualTo(names(apply(recipe)).getFirst());
  }

  @Test
  void accuracyAndLatencyAreWhatTheMetersSay() {
    BlockRecipe recipe = BlockRecipe.named("random-block").seed(3);
    Meter accuracy = model -> 100.0 * Count.of(model).parameters() / 300_000;
    Meters meters = Meters.NONE.withAccuracy(accuracy).withLatency(model -> accuracy.of(model) / 9);
    try (var tools = Observing.of(NETWORK)) {
      double dense = accuracy.of(NETWORK);
      Model accurate =
          recipe
              .budget(Budget.parse("accuracy=-30"))
              .apply(NETWORK, tools.evidence(), meters)
              .model();
      assertThat(dense - accuracy.of(accurate)).isBetween(1.0, 30.0);
      Model fast =
          recipe
              .budget(Budget.parse("latency=0.6x"))
              .apply(NETWORK, tools.evidence(), meters)
              .model();
      assertThat(accuracy.of(fast) / dense).isBetween(0.3, 0.6);
    }
  }

  @Test
  void whatCannotBeMetIsSaid() {
    BlockRecipe recipe = BlockRecipe.named("random-block");
    assertThatThrownBy(() -> apply(recipe.budget(Budget.parse("macs=0.01x"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("with all 7 blocks gone that may go");
    assertThatThrownBy(() -> recipe.budget(Budget.parse("channels=0.5")))
        .hasMessageContaining("removes blocks, which takes blocks=3");
    assertThatThrownBy(() -> apply(BlockRecipe.named("random-block"), Zoo.build("lenet-5", 1)))
        .hasMessageContaining("no residual blocks");
  }
}
