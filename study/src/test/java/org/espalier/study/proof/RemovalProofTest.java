package org.espalier.study.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.inspect.Parameters;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.coupling.Granularity;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.proof.RandomRemoval;
import org.espalier.prune.rewrite.Block;
import org.espalier.prune.rewrite.Blocks;
import org.espalier.prune.rewrite.Ordering;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.study.report.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemovalProofTest {
  private static final int TRIALS = 2;

  private static Removal removal(Model model, Granularity granularity, long seed) {
    return RandomRemoval.draw(Coupling.of(model, granularity), seed);
  }

  private static RemovalProof proof(Model original, Model pruned) {
    assertThat(RemovalProof.isNeeded(original, pruned)).isTrue();
    return RemovalProof.of(original, pruned, TRIALS, 1, Progress.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "resnet20,HEADS",
    "lenet-5,HEADS",
    "mobilenetv3-small,HEADS",
    "densenet40,HEADS",
    "bert-tiny,HEADS",
    "bert-tiny,HEAD_DIMENSIONS",
    "llama-tiny,HEADS"
  })
  void findsWhatWasRemovedAndProvesIt(String name, Granularity granularity) {
    Model original = Zoo.build(name, 3);
    long seed = SeededRandom.fresh().nextInt(1_000_000);
    Removal removal = removal(original, granularity, seed);
    RemovalProof proof = proof(original, Rewriting.of(removal).model());
    assertThat(proof.reason()).as("seed " + seed).isEmpty();
    assertThat(proof.equivalent()).isTrue();
    assertThat(proof.changed()).isEmpty();
    assertThat(proof.guessed()).isEmpty();
    assertThat(proof.groups()).as("seed " + seed).isEqualTo(RemovedGroup.of(removal));
    assertThat(proof.removed()).isPositive();
    assertThat(proof.trials()).isEqualTo(TRIALS);
  }

  /** Of several groups along each axis shapes tell only sums, or not even enough of these. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void tellsGroupsThatShareAllTheirAxes(boolean dualPath) {
    GraphBuilder builder = GraphBuilder.of("paths", 5);
    Conv window = Conv.kernel(3).pad(1);
    List<Value> first = builder.input("x", 3, 8, 8).conv("a", 12, window).split(1, 8, 4);
    Value sum = first.get(0);
    Value dense = first.get(1).tanh();
    if (dualPath) {
      List<Value> next = sum.concat(1, dense).conv("b", 11, window).split(1, 8, 3);
      sum = sum.add(next.get(0));
      dense = dense.concat(1, next.get(1));
    }
    Value last = sum.concat(1, dense).conv("c", 2, window);
    Model original = builder.output("y", last).build();
    long seed = SeededRandom.fresh().nextInt(1_000_000);
    Removal removal = removal(original, Granularity.HEADS, seed);
    RemovalProof proof = proof(original, Rewriting.of(removal).model());
    assertThat(proof.reason()).as("seed " + seed).isEmpty();
    assertThat(proof.equivalent()).as("seed " + seed).isTrue();
    assertThat(proof.guessed()).as("seed " + seed).isEmpty();
    assertThat(proof.groups()).as("seed " + seed).isEqualTo(RemovedGroup.of(removal));
  }

  /** Exporters call an axis open although the graph holds its size. */
  @Test
  void takesInputsThatCameWithTheModel() {
    GraphBuilder builder = GraphBuilder.of("fixed", 5);
    Value y = builder.input("x", 4).linear("a", 12).relu().linear("b", 3);
    Value row = y.follow("Gather", Shape.of(1, 3), Map.of(), builder.integers(4));
    Model original = builder.output("y", row).build();
    Model pruned = Rewriting.of(removal(original, Granularity.HEADS, 7)).model();
    Map<String, Tensor> five = Map.of("x", SeededRandom.fresh().gaussian(5, 4));
    RemovalProof proof = RemovalProof.of(original, pruned, List.of(five), TRIALS, 1, Progress.NONE);
    assertThat(proof.reason()).isEmpty();
    assertThat(proof.equivalent()).isTrue();
  }

  /** What single layers choose comes in another order, too. */
  @ParameterizedTest
  @CsvSource({"resnet20,READERS", "resnet20,OPERANDS", "densenet40,READERS"})
  void findsWhatLayersChoseForThemselves(String name, Freedom freedom) {
    Model original = Zoo.build(name, 3);
    Coupling coupling = Coupling.of(original, Granularity.HEADS, freedom);
    long seed = SeededRandom.fresh().nextInt(1_000_000);
    Removal drawn = RandomRemoval.draw(coupling, seed);
    var removal = new Removal(coupling, coupling.implied(drawn.channels(), new BitSet()));
    RemovalProof proof = proof(original, Rewriting.of(Ordering.of(removal)).model());
    assertThat(proof.reason()).as("seed " + seed).isEmpty();
    assertThat(proof.changed()).as("seed " + seed).isEmpty();
    assertThat(proof.guessed()).as("seed " + seed).isEmpty();
    // By chance it may be one that tied channels make, which has fewer groups.
    assertThat(proof.groups()).as("seed " + seed).isNotEmpty();
  }

  @Test
  void findsBlocksThatHaveGoneAndChannelsBeside() {
    Model original = Zoo.build("resnet20", 3);
    Blocks blocks = Blocks.of(original);
    List<Block> gone = List.of(blocks.all().get(1), blocks.all().get(5));
    Model shallow = blocks.without(gone);
    List<String> names = gone.stream().map(Block::name).toList();
    RemovalProof proof = proof(original, shallow);
    assertThat(proof.reason()).isEmpty();
    assertThat(proof.blocks()).isEqualTo(names);
    assertThat(proof.groups()).isEmpty();
    Removal removal = removal(shallow, Granularity.HEADS, 8);
    RemovalProof both = proof(original, Rewriting.of(removal).model());
    assertThat(both.reason()).isEmpty();
    assertThat(both.blocks()).isEqualTo(names);
    assertThat(both.groups()).isEqualTo(RemovedGroup.of(removal));
    String weight = "conv1.weight"; // with another, it isn't the original without the blocks
    assertThat(proof(original, doubled(shallow, weight)).changed()).containsExactly(weight);
  }

  /** One weight's values changed, as repair does: the channels are found all the same. */
  @Test
  void saysWhichWeightsChangedAfterwards() {
    Model original = Zoo.build("resnet20", 3);
    Removal removal = removal(original, Granularity.HEADS, 5);
    Model smaller = Rewriting.of(removal).model();
    String weight = Parameters.of(smaller.graph()).keySet().iterator().next();
    RemovalProof proof = proof(original, doubled(smaller, weight));
    assertThat(proof.equivalent()).isTrue();
    assertThat(proof.changed()).containsExactly(weight);
    assertThat(proof.groups()).isEqualTo(RemovedGroup.of(removal));
  }

  private static Model doubled(Model model, String weight) {
    Tensor changed = model.graph().initializers().get(weight).copy();
    for (long k = 0; k < changed.size(); k++) {
      changed.setReal(k, 2 * changed.realAt(k) + 0.25);
    }
    return model.withGraph(model.graph().replacing(Map.of(weight, changed)));
  }

  /** After training, only the sizes tell what went. */
  @Test
  void trainedAfterwardsItsStructureIsProven() {
    Model original = Zoo.build("lenet-5", 3);
    Removal removal = removal(original, Granularity.HEADS, 5);
    Model trained = Rewriting.of(removal).model();
    for (String weight : Parameters.of(trained.graph()).keySet()) {
      trained = doubled(trained, weight);
    }
    RemovalProof proof = proof(original, trained);
    assertThat(proof.reason()).isEmpty();
    assertThat(proof.equivalent()).isTrue();
    assertThat(proof.guessed()).hasSize(RemovedGroup.of(removal).size());
  }

  @Test
  void whatIsNoRemovalIsRefused() {
    Model original = Zoo.build("lenet-5", 3);
    Model other = Zoo.build("mlpnet", 3);
    assertThat(RemovalProof.of(original, other, TRIALS, 1, Progress.NONE).equivalent()).isFalse();
    Removal removal = removal(original, Granularity.HEADS, 5);
    Model smaller = Rewriting.of(removal).model();
    var wider = new HashMap<String, Tensor>();
    String bias =
        smaller.graph().initializers().keySet().stream()
            .filter(name -> smaller.graph().initializers().get(name).rank() == 1)
            .findFirst()
            .orElseThrow();
    wider.put(bias, Tensor.of(new float[1]));
    RemovalProof proof =
        RemovalProof.of(
            original,
            smaller.withGraph(smaller.graph().replacing(wider)),
            TRIALS,
            1,
            Progress.NONE);
    assertThat(proof.equivalent()).isFalse();
    assertThat(proof.reason()).contains("no removal of channels");
  }
}
