package org.espalier.cli;

import static org.espalier.cli.Outcomes.DENSE;
import static org.espalier.cli.Outcomes.WITH;
import static org.espalier.cli.Outcomes.WITHOUT;
import static org.espalier.cli.Outcomes.arm;
import static org.espalier.cli.Trainings.accuracy;
import static org.espalier.cli.Trainings.checkPruned;
import static org.espalier.cli.Trainings.measured;
import static org.espalier.cli.Trainings.options;
import static org.espalier.cli.Trainings.plan;
import static org.espalier.cli.Trainings.trained;
import static org.espalier.cli.Trainings.with;
import static org.espalier.cli.Trainings.without;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Model;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.TestData;
import org.espalier.prune.Allocation;
import org.espalier.prune.Budget;
import org.espalier.prune.Pattern;
import org.espalier.study.measure.Findings;
import org.espalier.train.GradualPruning;
import org.espalier.train.Regimen;
import org.espalier.train.Trainer;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.espalier.train.rule.AdversarialExamples;
import org.espalier.train.rule.Conditioning;
import org.espalier.train.rule.MembershipGame;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What methods against attacks claim, as {@link TrainingOutcomesTest} has it: against examples that
 * were changed to fool a network, and against those who want to know what it learned from.
 */
@Tag("slow")
class AttackedTrainingOutcomesTest {
  private static final int SEEDS = 3;
  private static final Budget.Sparsity TENTH = new Budget.Sparsity(0.9);

  private final Outcomes outcomes = new Outcomes();

  /**
   * Adversarial training with and without the penalty on ill-conditioned weights, pruned all at
   * once half-way; changes as large as is usual for MNIST.
   */
  @Test
  void conditionNumber() throws IOException {
    Splits digits = Datasets.open(TestData.of("mnist").toString());
    Dataset few = digits.train().spread(20_000);
    Model dense = Onnx.read(TestData.of("trained", "mlpnet-mnist.onnx"));
    var worst = new AdversarialExamples(32 / 255.0, 8 / 255.0, 10);
    for (long seed = 0; seed < 5; seed++) {
      Regimen planned = plan("tscnc", few, options(3, seed), new Budget.Sparsity(0.95));
      long half = Trainer.steps(few, planned.options()) / 2;
      var atOnce =
          GradualPruning.magnitude(0.95, half, half)
              .in(new Pattern.Unstructured(), Allocation.GLOBAL);
      Regimen ours = with(with(planned, worst), atOnce);
      for (boolean with : new boolean[] {false, true}) {
        Model model = trained(dense, with ? ours : without(ours, Conditioning.class));
        checkPruned(model, 0.95);
        double[] conditions =
            measured("conditioning", model, digits, 1).tables().getFirst().rows().stream()
                .mapToDouble(row -> (Double) row.get(2))
                .sorted()
                .toArray();
        double median = conditions[conditions.length / 2];
        outcomes.add("tscnc", arm(with), "condition number of the median layer", median);
        addAttacks("tscnc", arm(with), model, digits, 5000, 8, 16, 32);
      }
    }
    outcomes.print();
  }

  /** A robust network, pruned by magnitude with labels, and without any by its own answers. */
  @Test
  void pwoa() throws IOException {
    Splits digits = Datasets.open(TestData.of("mnist").toString());
    Dataset few = digits.train().spread(10_000);
    Model dense = Onnx.read(TestData.of("trained", "lenet5-mnist.onnx"));
    var ascent = new AdversarialExamples(64 / 255.0, 80 / 255.0, 1);
    Model robust = trained(dense, new Regimen(few, options(5, 0), List.of(ascent)));
    addAttacks("pwoa", DENSE, robust, digits, 1000, 16, 32);
    for (long seed = 0; seed < SEEDS; seed++) {
      Regimen ours = plan("pwoa", few, options(30, seed), TENTH);
      var labels = new Regimen(few, ours.options(), List.of(GradualPruning.magnitude(0.9, 0, 1)));
      for (boolean with : new boolean[] {false, true}) {
        Model model = trained(robust, with ? ours : labels);
        checkPruned(model, 0.9);
        addAttacks("pwoa", arm(with), model, digits, 1000, 16, 32);
      }
    }
    outcomes.print();
  }

  /** A network that knows its examples by heart, pruned by ADMM alone and against an attacker. */
  @Test
  void membershipAware() throws IOException {
    Splits images = Datasets.open(TestData.of("cifar10", "cifar10-jpeg.zip").toString());
    Dataset few = images.train().spread(3000);
    for (long seed = 0; seed < SEEDS; seed++) {
      Regimen ours = plan("mia-pruning", few, options(100, seed), TENTH);
      var plain = new Regimen(ours.data(), options(25, seed), List.of());
      Model dense = trained(convolutions(seed), plain);
      Model alone = trained(dense, without(ours, MembershipGame.class));
      Model game = trained(dense, ours);
      checkPruned(alone, 0.9);
      checkPruned(game, 0.9);
      var parts = new Splits("few", Optional.of(ours.data()), images.testing());
      addLeaks("mia-pruning", Map.of(WITHOUT, dense, WITH, game), parts);
      addLeaks("mia-pruning, game", Map.of(WITHOUT, alone, WITH, game), parts);
    }
    outcomes.print();
  }

  private static Model convolutions(long seed) {
    GraphBuilder graph = GraphBuilder.of("convolutions", seed);
    Value x = graph.input("input", 3, 32, 32);
    x = x.conv("conv1", 12, Conv.kernel(5).stride(2).pad(2).biased()).relu();
    x = x.conv("conv2", 24, Conv.kernel(5).stride(2).pad(2).biased()).relu();
    x = x.flatten().linear("fc1", 64).relu();
    return graph.output("logits", x.linear("fc2", 10)).build();
  }

  private void addLeaks(String of, Map<String, Model> arms, Splits parts) {
    arms.forEach(
        (arm, model) -> {
          for (String attacker : List.of("membership", "learned-membership")) {
            double attack = measured(attacker, model, parts, 4000).number("attackAccuracy");
            outcomes.add(of, arm, attacker, attack);
          }
          outcomes.add(of, arm, "accuracy", accuracy(model, parts.test()));
        });
  }

  private void addAttacks(
      String of, String arm, Model model, Splits data, int examples, Integer... shares) {
    outcomes.add(of, arm, "accuracy", accuracy(model, data.test()));
    Findings found = measured("adversarial", model, data, examples);
    for (List<Object> row : found.tables().getFirst().rows()) {
      if (List.of(shares).contains(row.getFirst())) {
        String what = "accuracy after PGD of %s/255".formatted(row.getFirst());
        outcomes.add(of, arm, what, (Double) row.getLast());
      }
    }
  }
}
