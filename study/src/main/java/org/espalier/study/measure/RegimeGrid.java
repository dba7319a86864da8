package org.espalier.study.measure;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layers;
import org.espalier.prune.Masks;
import org.espalier.prune.Recipe;
import org.espalier.study.report.Progress;
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
 * lies between the two copies tells the regime.
 *
 * @param cells temperature by temperature, density by density
 */
public record RegimeGrid(List<Cell> cells) {
  /**
   * A way of training the dense network.
   *
   * @param name such as {@code epochs=5}
   */
  public record Temperature(String name, TrainingOptions options) {}

  /**
   * What was found at one temperature and density.
   *
   * @param dense the dense network's accuracy on the test part, percent
   * @param pruned the mean of the two copies
   * @param lmc how connected both copies are, in points of training error: well below 0 is a
   *     barrier
   * @param cka how alike their outputs are
   * @param sharpness the largest curvature of the training loss at the second
   * @param trace of the same curvature
   * @param regime I, II-A or II-B
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
      String regime) {}

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

  public RegimeGrid {
    cells = List.copyOf(cells);
  }

  /** Trains, prunes and measures. */
  public static RegimeGrid run(Model initial, Splits data, Plan plan, Settings settings)
      throws IOException {
    if (!data.train().isLabelled()) {
      throw new InvalidInputException("the three regimes need one class for each example");
    }
    var run = new Run(data, plan, settings);
    for (Temperature temperature : plan.temperatures()) {
      run.temperature(initial, temperature);
    }
    return new RegimeGrid(run.cells);
  }

  private static final class Run {
    private final Splits data;
    private final Plan plan;
    private final Settings settings;
    private final List<Cell> cells = new ArrayList<>();

    Run(Splits data, Plan plan, Settings settings) {
      this.data = data;
      this.plan = plan;
      this.settings = settings;
    }

    void temperature(Model initial, Temperature temperature) throws IOException {
      Model dense = trained(initial, temperature.options(), "dense, " + temperature.name());
      for (double density : plan.densities()) {
        cells.add(cell(dense, temperature, density));
      }
    }

    private Cell cell(Model dense, Temperature temperature, double density) throws IOException {
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
            ThreeRegimes.name(lmc, cka));
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
