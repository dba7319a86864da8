package org.espalier.study.measure;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layers;
import org.espalier.prune.Masks;
import org.espalier.prune.Recipe;
import org.espalier.study.Outputs;
import org.espalier.study.report.Progress;
import org.espalier.study.results.Identity;
import org.espalier.study.results.Result;
import org.espalier.study.results.Results;
import org.espalier.train.FixedMasks;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.TrainingRule;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;

/**
 * The three regimes of pruning over their two axes (Zhou et al., 2023, arXiv:2305.18383): dense
 * networks, trained at several temperatures, are pruned by magnitude to several densities, and each
 * is retrained twice under its mask, from the same weights on other orders of the examples. What
 * lies between the two copies tells the regime. Cells are kept in a file as they are found; those
 * that are there already cost nothing.
 *
 * @param cells temperature by temperature, density by density
 * @param reused how many of them were taken from an earlier run
 * @param results where they are kept
 */
public record RegimeGrid(List<Cell> cells, int reused, Path results) {
  /**
   * A way of training the dense network.
   *
   * @param name such as {@code epochs=5}
   */
  public record Temperature(String name, TrainingOptions options) {
    private String described() {
      return name + ", " + options.identity();
    }
  }

  /**
   * What was found at one temperature and density.
   *
   * @param dense the dense network's accuracy on the test part, percent
   * @param pruned the mean of the two copies
   * @param lmc linear mode connectivity of both copies, in points of training error: well below 0
   *     is a barrier
   * @param cka centred kernel alignment of their outputs: how alike they are
   * @param sharpness the largest curvature of the training loss at the second
   * @param trace of the same curvature
   * @param regime I, II-A or II-B
   * @param identity SHA-256 over all that it depends on
   */
  public record Cell(
      String temperature,
      double density,
      double dense,
      double pruned,
      double lmc,
      double cka,
      double sharpness,
      double trace,
      String regime,
      String identity)
      implements Result {}

  /**
   * What is trained and pruned.
   *
   * @param retraining of both copies
   */
  public record Plan(
      List<Temperature> temperatures,
      List<Double> densities,
      TrainingOptions retraining,
      Allocation allocation) {
    public Plan {
      temperatures = List.copyOf(temperatures);
      densities = List.copyOf(densities);
      if (temperatures.isEmpty() || densities.isEmpty()) {
        throw new InvalidInputException(
            "%d temperatures and %d densities, expected 1 or more of both"
                .formatted(temperatures.size(), densities.size()));
      }
      for (double density : densities) {
        if (!(density > 0 && density <= 1)) {
          throw new InvalidInputException(
              "a density of %s, expected more than 0 and 1 at most".formatted(density));
        }
      }
    }
  }

  /**
   * Where cells are kept.
   *
   * @param fresh whether those of earlier runs are forgotten
   * @param version of the product: another one's cells are no use
   */
  public record Keeping(Path file, boolean fresh, String version) {}

  public RegimeGrid {
    cells = List.copyOf(cells);
  }

  /** Trains, prunes and measures what isn't kept yet. */
  public static RegimeGrid run(
      Model initial, Splits data, Plan plan, Settings settings, Keeping keeping)
      throws IOException {
    if (!data.train().isLabelled()) {
      throw new InvalidInputException("the three regimes need one class for each example");
    }
    Outputs.check(keeping.file());
    String how =
        "%s, retraining %s, on %d examples, %d at a time, seed %d"
            .formatted(
                plan.allocation().name(),
                plan.retraining().identity(),
                settings.samples(),
                settings.batch(),
                settings.seed());
    var identity = Identity.of(keeping.version(), initial, how, data.train(), data.test());
    try (var results = new Results<>(keeping.file(), Cell.class, keeping.fresh(), false)) {
      var run = new Run(initial, data, plan, settings, identity, results);
      for (Temperature temperature : plan.temperatures()) {
        run.temperature(temperature);
      }
      return new RegimeGrid(run.cells, run.reused, results.file());
    }
  }

  private static final class Run {
    private final Model initial;
    private final Splits data;
    private final Plan plan;
    private final Settings settings;
    private final Identity identity;
    private final Results<Cell> results;
    private final List<Cell> cells = new ArrayList<>();
    private int reused;

    Run(
        Model initial,
        Splits data,
        Plan plan,
        Settings settings,
        Identity identity,
        Results<Cell> results) {
      this.initial = initial;
      this.data = data;
      this.plan = plan;
      this.settings = settings;
      this.identity = identity;
      this.results = results;
    }

    /**
     * All densities of a temperature; its dense network is trained where one of them is missing.
     */
    void temperature(Temperature temperature) throws IOException {
      Model dense = null;
      for (double density : plan.densities()) {
        String key = identity.of(temperature.described() + ", density " + density);
        Optional<Cell> known = results.of(key);
        if (known.isPresent()) {
          cells.add(known.get());
          reused++;
          continue;
        }
        if (dense == null) {
          dense = trained(initial, temperature.options(), "dense, " + temperature.name());
        }
        Cell cell = cell(dense, temperature, density, key);
        results.add(cell);
        cells.add(cell);
      }
    }

    private Cell cell(Model dense, Temperature temperature, double density, String key)
        throws IOException {
      Model pruned =
          Recipe.named("magnitude")
              .allocation(plan.allocation())
              .sparsity(1 - density)
              .apply(dense)
              .model();
      var held = new FixedMasks(Masks.ofNonzeros(Layers.of(pruned).layers()));
      String at = "%s, density %s".formatted(temperature.name(), density);
      long seed = plan.retraining().seed();
      Model first = trained(pruned, plan.retraining().withSeed(seed + 1), at, held);
      Model second = trained(pruned, plan.retraining().withSeed(seed + 2), at, held);
      var quiet =
          new Settings(settings.samples(), settings.batch(), settings.seed(), Progress.NONE);
      try (var one = new Subject("first", first, data, quiet);
          var other = new Subject("second", second, data, quiet)) {
        Findings found = one.findings(new ThreeRegimes(), other);
        double lmc = found.number("lmc");
        double cka = found.number("cka");
        var all = new Sample(data.test(), new int[0]);
        return new Cell(
            temperature.name(),
            density,
            one.evaluated(dense, all).percent(),
            (one.evaluated(first, all).percent() + one.evaluated(second, all).percent()) / 2,
            lmc,
            cka,
            found.number("sharpness"),
            other.findings(new CurvatureTrace()).number("trace"),
            ThreeRegimes.name(lmc, cka),
            key);
      }
    }

    private Model trained(Model model, TrainingOptions options, String what, TrainingRule... rules)
        throws IOException {
      var watch =
          new TrainingProgress() {
            @Override
            public void step(long step, long steps, int epoch, double loss) {
              settings.progress().at("train", step, steps, what);
            }
          };
      Dataset examples = data.train();
      return new Trainer(model, options)
          .with(rules)
          .train(examples, Optional.empty(), watch)
          .model();
    }
  }
}
