package org.espalier.cli;

import static org.espalier.cli.Outcomes.arm;
import static org.espalier.cli.Trainings.accuracy;
import static org.espalier.cli.Trainings.checkPruned;
import static org.espalier.cli.Trainings.measured;
import static org.espalier.cli.Trainings.options;
import static org.espalier.cli.Trainings.plan;
import static org.espalier.cli.Trainings.trained;
import static org.espalier.cli.Trainings.without;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.TestData;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Budget;
import org.espalier.study.measure.Findings;
import org.espalier.train.Regimen;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.espalier.train.rule.AdaptiveSharpness;
import org.espalier.train.rule.DisparateImpact;
import org.espalier.train.rule.IterativePruning;
import org.espalier.train.rule.Sharpness;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What methods that prune while they train claim, over seeds, each beside the same training without
 * its idea. Prints the tables of {@code docs/training.md}. A claim that shows on one machine may be
 * within chance on another, so what is asserted is that all was pruned as asked.
 */
@Tag("slow")
class TrainingOutcomesTest {
  private static final int SEEDS = 5;
  private static final boolean[] BOTH = {false, true};

  private final Outcomes outcomes = new Outcomes();
  private final Splits digits;

  TrainingOutcomesTest() throws IOException {
    digits = Datasets.open(TestData.of("mnist").toString());
  }

  /** Classes that must not fall behind. */
  @Test
  void balancingAct() throws IOException {
    String of = "balancing-act";
    Model dense = Onnx.read(TestData.of("trained", "mlpnet-mnist.onnx"));
    var training = new Splits("training part", digits.training(), digits.training());
    for (long seed = 0; seed < SEEDS; seed++) {
      Regimen ours = plan(of, digits.train(), options(2, seed), new Budget.Sparsity(0.9));
      for (boolean with : BOTH) {
        Model model = trained(dense, with ? ours : without(ours, DisparateImpact.class));
        checkPruned(model, 0.9);
        double known = largestGap(dense, model, training, 60_000);
        outcomes.add(of, arm(with), "largest excess gap, training part", known);
        double unseen = largestGap(dense, model, digits, 10_000);
        outcomes.add(of, arm(with), "largest excess gap, test part", unseen);
        outcomes.add(of, arm(with), "accuracy", accuracy(model, digits.test()));
      }
    }
    outcomes.print();
  }

  private static double largestGap(Model dense, Model pruned, Splits data, int samples) {
    return measured("disparate-impact", dense, Optional.of(pruned), data, samples)
        .number("largestExcessGap");
  }

  /** Lottery tickets with and without the part of each round that wakes units. */
  @Test
  void activateWhilePruning() throws IOException {
    String of = "activate-while-pruning";
    for (long seed = 0; seed < SEEDS; seed++) {
      Regimen ours =
          plan(
              of,
              digits.train().spread(6000),
              options(22, seed).withBatch(60),
              new Budget.Sparsity(0.9));
      var rule = (IterativePruning) ours.rules().getFirst();
      var host =
          new IterativePruning(rule.sparsity(), 0, rule.allocation(), rule.rounds(), rule.rewind());
      Model fresh = Zoo.build("mlpnet", seed);
      for (boolean with : BOTH) {
        Model model =
            trained(fresh, new Regimen(ours.data(), ours.options(), List.of(with ? rule : host)));
        checkPruned(model, 0.9);
        outcomes.add(of, arm(with), "accuracy", accuracy(model, digits.test()));
        double silent = measured("dead-units", model, digits, 1000).number("silent");
        outcomes.add(of, arm(with), "silent units, %", silent);
      }
    }
    outcomes.print();
  }

  /** Half of the channels go, with and without steps that are aware of sharpness. */
  @Test
  void adaSap() throws IOException {
    Dataset few = digits.train().spread(5000);
    for (long seed = 0; seed < SEEDS; seed++) {
      Regimen ours = plan("adasap", few, options(9, seed), new Budget.Channels(0.5));
      Regimen plain = without(without(ours, Sharpness.class), AdaptiveSharpness.class);
      Model fresh = Zoo.build("lenet-300-100", seed);
      for (boolean with : BOTH) {
        Model model = trained(fresh, with ? ours : plain);
        outcomes.add("adasap", arm(with), "accuracy", accuracy(model, digits.test()));
        Findings corrupted = measured("corruption", model, digits, 1000);
        for (String kind : List.of("noise", "blur", "contrast")) {
          outcomes.add("adasap", arm(with), kind, corrupted.number(kind));
        }
      }
    }
    outcomes.print();
  }
}
