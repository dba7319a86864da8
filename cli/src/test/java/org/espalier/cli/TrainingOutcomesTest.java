package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.TestData;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Budget;
import org.espalier.prune.Layers;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.measure.Findings;
import org.espalier.study.measure.Measurements;
import org.espalier.study.measure.Settings;
import org.espalier.study.report.Progress;
import org.espalier.train.Evaluation;
import org.espalier.train.Regimen;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.TrainingRule;
import org.espalier.train.TrainingTask;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.espalier.train.rule.AdaptiveSharpness;
import org.espalier.train.rule.AdversarialExamples;
import org.espalier.train.rule.Conditioning;
import org.espalier.train.rule.DisparateImpact;
import org.espalier.train.rule.IterativePruning;
import org.espalier.train.rule.MembershipGame;
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
  private static final Budget.Sparsity SPARSE = new Budget.Sparsity(0.9);
  private static final boolean[] BOTH = {false, true};

  private final Map<String, Map<String, List<Double>>> found = new LinkedHashMap<>();
  private Splits digits;
  private Model mlpnet;

  @Test
  void whatMethodsClaim() throws IOException {
    digits = Datasets.open(TestData.of("mnist").toString());
    mlpnet = Onnx.read(TestData.of("trained", "mlpnet-mnist.onnx"));
    for (long seed = 0; seed < SEEDS; seed++) {
      activateWhilePruning(seed);
      conditionNumber(seed);
      balancingAct(seed);
      pwoa(seed);
      membershipAware(seed);
      adaSap(seed);
    }
    print();
  }

  /** Classes that must not fall behind. */
  private void balancingAct(long seed) throws IOException {
    Regimen ours = plan("balancing-act", digits.train(), options(2, seed), SPARSE);
    var training = new Splits("training part", digits.training(), digits.training());
    for (boolean with : BOTH) {
      Model model = trained(mlpnet, with ? ours : without(ours, DisparateImpact.class));
      checkPruned(model, of(with));
      String of = "balancing-act|" + of(with);
      Findings impact = measured("disparate-impact", mlpnet, model, training, 60_000);
      add(of, "largest excess gap, training part", impact.number("largestExcessGap"));
      impact = measured("disparate-impact", mlpnet, model, digits, 10_000);
      add(of, "largest excess gap, test part", impact.number("largestExcessGap"));
      add(of, "accuracy", accuracy(model));
    }
  }

  /** Lottery tickets with and without the part of each round that wakes units. */
  private void activateWhilePruning(long seed) throws IOException {
    Regimen ours =
        plan(
            "activate-while-pruning",
            digits.train().spread(6000),
            options(22, seed).withBatch(60),
            SPARSE);
    var rule = (IterativePruning) ours.rules().getFirst();
    var host =
        new IterativePruning(rule.sparsity(), 0, rule.allocation(), rule.rounds(), rule.rewind());
    Model fresh = Zoo.build("mlpnet", seed);
    for (boolean with : BOTH) {
      Model model =
          trained(fresh, new Regimen(ours.data(), ours.options(), List.of(with ? rule : host)));
      checkPruned(model, of(with));
      String of = "activate-while-pruning|" + of(with);
      add(of, "accuracy", accuracy(model));
      add(of, "silent units", measured("dead-units", model).number("silent"));
    }
  }

  /** Adversarial training with and without the penalty on ill-conditioned weights. */
  private void conditionNumber(long seed) throws IOException {
    Regimen ours = plan("tscnc", digits.train(), options(1, seed), SPARSE);
    for (boolean with : BOTH) {
      Model model = trained(mlpnet, with ? ours : without(ours, Conditioning.class));
      checkPruned(model, of(with));
      String of = "tscnc|" + of(with);
      addAttacks(of, model, 8, 16, 32);
      double[] conditions =
          measured("conditioning", model).tables().getFirst().rows().stream()
              .mapToDouble(row -> (Double) row.get(2))
              .sorted()
              .toArray();
      add(of, "condition number, median layer", conditions[conditions.length / 2]);
      add(of, "accuracy", accuracy(model));
    }
  }

  /** An over-fitted network, dense, pruned by ADMM alone, and pruned against an attacker. */
  private void membershipAware(long seed) throws IOException {
    Dataset few = digits.train().spread(1000);
    Regimen ours = plan("mia-pruning", few, options(60, seed), SPARSE);
    Model fresh = Zoo.build("mlpnet", seed);
    for (String arm : List.of("dense", "without", "with")) {
      Regimen regimen =
          switch (arm) {
            case "dense" -> new Regimen(ours.data(), ours.options(), List.of());
            case "without" -> without(ours, MembershipGame.class);
            default -> ours;
          };
      Model model = trained(fresh, regimen);
      checkPruned(model, arm);
      var parts = new Splits("few", Optional.of(ours.data()), digits.testing());
      String of = "mia-pruning|" + arm;
      for (String attacker : List.of("membership", "learned-membership")) {
        double attack = measured(attacker, model, null, parts, 2000).number("attackAccuracy");
        add(of, attacker, attack);
      }
      add(of, "accuracy", accuracy(model));
    }
  }

  /** A robust network, pruned by magnitude with labels, and without any by its own answers. */
  private void pwoa(long seed) throws IOException {
    var attack = new AdversarialExamples(16 / 255.0, 4 / 255.0, 7);
    var robust = trained(mlpnet, new Regimen(digits.train(), options(1, seed), List.of(attack)));
    TrainingOptions options = options(2, seed);
    Regimen ours = plan("pwoa", digits.train(), options, SPARSE);
    Regimen magnitude = plan("gradual-magnitude", digits.train(), options, SPARSE);
    for (String arm : List.of("dense", "without", "with")) {
      Model model =
          arm.equals("dense") ? robust : trained(robust, arm.equals("with") ? ours : magnitude);
      checkPruned(model, arm);
      addAttacks("pwoa|" + arm, model, 16, 32);
      add("pwoa|" + arm, "accuracy", accuracy(model));
    }
  }

  /** Half of the channels go, with and without steps that are aware of sharpness. */
  private void adaSap(long seed) throws IOException {
    Dataset few = digits.train().spread(5000);
    Regimen ours = plan("adasap", few, options(9, seed), new Budget.Channels(0.5));
    Model fresh = Zoo.build("lenet-300-100", seed);
    for (boolean with : BOTH) {
      Regimen plain = without(without(ours, Sharpness.class), AdaptiveSharpness.class);
      Model model = trained(fresh, with ? ours : plain);
      String of = "adasap|" + of(with);
      Findings corrupted = measured("corruption", model);
      for (String kind : List.of("noise", "blur", "contrast")) {
        add(of, kind, corrupted.number(kind));
      }
      add(of, "accuracy", accuracy(model));
    }
  }

  private static String of(boolean with) {
    return with ? "with" : "without";
  }

  private static TrainingOptions options(int epochs, long seed) {
    return TrainingOptions.usual(epochs).withBatch(100).withSeed(seed);
  }

  private static Regimen plan(String method, Dataset data, TrainingOptions options, Budget budget) {
    return ((TrainingMethod) Methods.named(method))
        .plan(
            new TrainingTask(
                data, options, Optional.of(budget), new Pattern.Unstructured(), Optional.empty()));
  }

  private static Regimen without(Regimen regimen, Class<? extends TrainingRule> idea) {
    List<TrainingRule> rules =
        regimen.rules().stream().filter(rule -> !idea.isInstance(rule)).toList();
    return new Regimen(regimen.data(), regimen.options(), rules);
  }

  private static Model trained(Model model, Regimen regimen) throws IOException {
    return new Trainer(model, regimen.options())
        .with(regimen.rules().toArray(TrainingRule[]::new))
        .train(regimen.data(), Optional.empty(), TrainingProgress.SILENT)
        .model();
  }

  private static void checkPruned(Model model, String arm) {
    if (arm.equals("dense")) {
      return;
    }
    Layers layers = Layers.of(model);
    long kept = layers.layers().stream().mapToLong(layer -> layer.tensor().nonzeros()).sum();
    assertThat(kept).isLessThanOrEqualTo(Math.round((1 - SPARSE.share()) * layers.size()));
  }

  private Findings measured(String name, Model model) {
    return measured(name, model, null, digits, 1000);
  }

  private static Findings measured(
      String name, Model model, Model other, Splits data, int samples) {
    var settings = new Settings(samples, 250, 0, Progress.NONE);
    return Measurements.of(List.of(name), model, Optional.ofNullable(other), data, settings)
        .findings()
        .getFirst()
        .findings();
  }

  private double accuracy(Model model) {
    try (Executor executor = OnnxRuntime.of(model)) {
      return Evaluation.of(executor, model, digits.test()).percent();
    }
  }

  private void addAttacks(String of, Model model, Integer... shares) {
    for (List<Object> row : measured("adversarial", model).tables().getFirst().rows()) {
      if (List.of(shares).contains(row.getFirst())) {
        add(of, "accuracy after PGD of %s/255".formatted(row.getFirst()), (Double) row.getLast());
      }
    }
  }

  private void add(String of, String what, double number) {
    String method = of.substring(0, of.indexOf('|'));
    String arm = of.substring(of.indexOf('|') + 1);
    found
        .computeIfAbsent("| %s | %s ".formatted(method, what), _ -> new LinkedHashMap<>())
        .computeIfAbsent(arm, _ -> new ArrayList<>())
        .add(number);
  }

  private void print() {
    System.out.println("| method | measured | dense | without | with | with - without |");
    System.out.println("| --- | --- | ---: | ---: | ---: | ---: |");
    found.forEach(
        (row, arms) -> {
          List<Double> with = arms.get("with");
          List<Double> without = arms.get("without");
          List<Double> gained =
              IntStream.range(0, with.size()).mapToObj(k -> with.get(k) - without.get(k)).toList();
          System.out.printf(
              Locale.ROOT,
              "%s| %s | %s | %s | %s |%n",
              row,
              written(arms.getOrDefault("dense", List.of())),
              written(without),
              written(with),
              written(gained));
        });
  }

  private static String written(List<Double> numbers) {
    double mean = numbers.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
    double squares = numbers.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
    return numbers.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT, "%.2f ± %.2f", mean, Math.sqrt(squares / Math.max(1, numbers.size() - 1)));
  }
}
