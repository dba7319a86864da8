package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Outcomes.DENSE;
import static org.espalier.cli.Outcomes.WITH;
import static org.espalier.cli.Outcomes.WITHOUT;
import static org.espalier.cli.Trainings.accuracy;
import static org.espalier.cli.Trainings.options;
import static org.espalier.cli.Trainings.trained;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.TestData;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Delta;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Methods;
import org.espalier.prune.Outcome;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Evidence;
import org.espalier.train.CalibrationData;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingTask;
import org.espalier.train.data.Batch;
import org.espalier.train.data.Batches;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.espalier.train.optim.Adam;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What is left of a fine-tuning when 99% of its changes are dropped, as {@link
 * TrainingOutcomesTest} has it: LeNet-300-100 knows digits to 4, gets a new head and learns those
 * from 5.
 */
@Tag("slow")
class FineTuningOutcomesTest {
  private static final int SEEDS = 5;
  private static final int DRAWS = 3;
  private static final double DROPPED = 0.99;
  private static final List<String> METHODS = List.of("dare", "darex", "darex-layer", "magnitude");
  private static final String HEAD = "fc3.weight";
  private static final String HEAD_BIAS = "fc3.bias";

  private final Outcomes outcomes = new Outcomes();
  private final Dataset few;
  private final Dataset judges;
  private final Dataset others;

  FineTuningOutcomesTest() throws IOException {
    Splits digits = Datasets.open(TestData.of("mnist").toString());
    others = only(digits.train(), digit -> digit < 5);
    few = only(digits.train(), digit -> digit >= 5).spread(10_000);
    judges = only(digits.test(), digit -> digit >= 5);
  }

  private static Dataset only(Dataset data, IntPredicate wanted) throws IOException {
    var digits = IntStream.builder();
    try (Batches batches = Batches.inOrder(data, 1000)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        IntStream.range(0, batch.size())
            .map(k -> (int) batch.targets().integerAt(k))
            .forEach(digits::add);
      }
    }
    int[] all = digits.build().toArray();
    return data.subset(IntStream.range(0, all.length).filter(k -> wanted.test(all[k])).toArray());
  }

  /** A fine-tuning: by Adam, or a method with a decay of its own. */
  private record Tuning(String name, String method, double decay) {
    Model of(Model base, Dataset data, long seed) throws IOException {
      TrainingOptions usual = options(5, seed);
      if (method.isEmpty()) {
        return trained(base, new Regimen(data, usual, List.of()));
      }
      TrainingOptions asked = usual.withOptimizer(Adam.decoupled(decay), usual.rate());
      var task =
          new TrainingTask(
              data, asked, Optional.empty(), new Pattern.Unstructured(), Optional.empty());
      return trained(base, ((TrainingMethod) Methods.named(method)).plan(task));
    }
  }

  @Test
  void darex() throws IOException {
    var plain = new Tuning("Adam", "", 0);
    List<Tuning> near =
        List.of(
            new Tuning("darex-l2", "darex-l2", 0),
            new Tuning("darex-l2, decay 0.1", "darex-l2", 0.1),
            new Tuning("darex-l1", "darex-l1", 0));
    for (long seed = 0; seed < SEEDS; seed++) {
      Model base = base(seed);
      Model tuned = plain.of(base, few, seed);
      double whole = accuracy(tuned, judges);
      Map<String, Double> left = dropped(tuned, base, seed);
      compare(plain.name(), whole, left);
      for (Tuning tuning : near) {
        Model nearer = tuning.of(base, few, seed);
        double reached = accuracy(nearer, judges);
        Map<String, Double> leftNearer = dropped(nearer, base, seed);
        compare(tuning.name(), reached, leftNearer);
        outcomes.add(tuning.name(), WITHOUT, "all changes kept", whole);
        outcomes.add(tuning.name(), WITH, "all changes kept", reached);
        for (String method : METHODS) {
          outcomes.add(tuning.name(), WITHOUT, "left by " + method, left.get(method));
          outcomes.add(tuning.name(), WITH, "left by " + method, leftNearer.get(method));
        }
      }
    }
    outcomes.print();
  }

  /** Divisors that are chosen beside DARE's. */
  private void compare(String tuning, double whole, Map<String, Double> left) {
    for (String method : List.of("darex", "darex-layer")) {
      String after = "after " + tuning;
      outcomes.add(method, DENSE, after, whole);
      outcomes.add(method, WITHOUT, after, left.get("dare"));
      outcomes.add(method, WITH, after, left.get(method));
    }
  }

  /** Knows the other digits, with a head that is yet to learn. */
  private Model base(long seed) throws IOException {
    Model fresh = Zoo.build("lenet-300-100", seed);
    Model knows = trained(fresh, new Regimen(others, options(3, seed), List.of()));
    Map<String, Tensor> drawn = Zoo.build("lenet-300-100", seed + 1000).graph().initializers();
    return knows.withGraph(
        knows.graph().replacing(Map.of(HEAD, drawn.get(HEAD), HEAD_BIAS, drawn.get(HEAD_BIAS))));
  }

  /** Accuracies by method, the mean of some draws. */
  private Map<String, Double> dropped(Model tuned, Model base, long seed) {
    var left = new HashMap<String, Double>();
    for (String method : METHODS) {
      left.put(method, dropped(method, tuned, base, seed));
    }
    return left;
  }

  private double dropped(String method, Model tuned, Model base, long seed) {
    Set<String> weights = Set.of("fc1.weight", "fc2.weight", HEAD);
    double sum = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
      var examples = CalibrationData.of(tuned, few, 500, 100, seed);
      Recipe recipe =
          Recipe.named(method).sparsity(DROPPED).seed(seed * DRAWS + draw).keepDense(Set.of(HEAD));
      try (Evidence evidence = Evidence.of(tuned, weights, examples)) {
        Outcome outcome = new Delta(tuned, base).prune(recipe, evidence);
        assertThat(outcome.masks().pruned()).isEqualTo(Math.round(DROPPED * changes(tuned)));
        sum += accuracy(outcome.model(), judges);
      }
    }
    return sum / DRAWS;
  }

  private static long changes(Model model) {
    return Layers.of(model).layers().stream()
        .filter(layer -> !layer.weight().equals(HEAD))
        .mapToLong(Layer::size)
        .sum();
  }
}
