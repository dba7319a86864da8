package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.study.measure.RegimeGrid.Cell;
import org.espalier.study.measure.RegimeGrid.Keeping;
import org.espalier.study.measure.RegimeGrid.Plan;
import org.espalier.study.measure.RegimeGrid.Temperature;
import org.espalier.train.TrainingOptions;
import org.espalier.train.data.Splits;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegimeGridTest {
  private static final TrainingOptions SHORT = TrainingOptions.usual(2).withBatch(10);

  private final SeededRandom random = SeededRandom.of(5);
  private final Model net = Networks.perceptron(random, 7, 11, 3);
  private final Splits data =
      new Splits(
          "drawn",
          Optional.of(Networks.classified(random, 60, 7, 3)),
          Optional.of(Networks.classified(random, 40, 7, 3)));

  @TempDir Path folder;

  private List<Cell> cells(TrainingOptions retraining) throws IOException {
    return run(retraining, new Keeping(folder.resolve("cells"), true, "1"), 0.3, 1.0).cells();
  }

  private RegimeGrid run(TrainingOptions retraining, Keeping keeping, Double... densities)
      throws IOException {
    var plan =
        new Plan(
            List.of(
                new Temperature("hot", SHORT),
                new Temperature("cold", TrainingOptions.usual(9).withBatch(10))),
            List.of(densities),
            retraining,
            Allocation.UNIFORM);
    return RegimeGrid.run(net, data, plan, Settings.USUAL, keeping);
  }

  /** Copies that hardly move from where both start are connected and alike. */
  @Test
  void copiesThatStayWhereTheyStartAreOfTheLastRegime() throws IOException {
    var still = SHORT.withOptimizer(Sgd.usual(), new LearningRate.Constant(1e-12));
    List<Cell> cells = cells(still);
    assertThat(cells)
        .extracting(cell -> cell.temperature() + " " + cell.density())
        .containsExactly("hot 0.3", "hot 1.0", "cold 0.3", "cold 1.0");
    for (Cell cell : cells) {
      assertThat(cell.lmc()).isZero();
      assertThat(cell.cka()).isCloseTo(1, within(1e-6));
      assertThat(cell.regime()).isEqualTo("II-B");
    }
    assertThat(cells.get(1).pruned()).as("nothing pruned").isEqualTo(cells.get(1).dense());
    assertThat(cells.get(0).dense()).isEqualTo(cells.get(1).dense());
  }

  @Test
  void copiesLearnFromOtherOrdersOfTheExamples() throws IOException {
    List<Cell> cells = cells(SHORT.withOptimizer(Sgd.usual(), new LearningRate.Constant(0.1)));
    assertThat(cells).allMatch(cell -> cell.cka() < 1 && Double.isFinite(cell.trace()));
    assertThat(cells(SHORT.withOptimizer(Sgd.usual(), new LearningRate.Constant(0.1))))
        .isEqualTo(cells);
  }

  @Test
  void whatAnInterruptedRunLeftIsGoneOnFrom() throws IOException {
    Path file = folder.resolve("cells.jsonl");
    var keeping = new Keeping(file, false, "1");
    RegimeGrid whole = run(SHORT, keeping, 0.3, 1.0);
    assertThat(whole.reused()).isZero();
    assertThat(run(SHORT, keeping, 0.3, 1.0)).isEqualTo(new RegimeGrid(whole.cells(), 4, file));
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(4);
    // Hot at the second density is missing, so its dense network is trained anew.
    Files.write(file, List.of(lines.get(0), lines.get(2), lines.get(3)));
    assertThat(run(SHORT, keeping, 0.3, 1.0)).isEqualTo(new RegimeGrid(whole.cells(), 3, file));
    assertThat(run(SHORT, keeping, 0.3, 0.6).reused()).isEqualTo(2);
  }

  @Test
  void anythingElseIsRunAnew() throws IOException {
    Path file = folder.resolve("cells.jsonl");
    run(SHORT, new Keeping(file, false, "1"), 0.5);
    assertThat(run(SHORT.withBatch(20), new Keeping(file, false, "1"), 0.5).reused()).isZero();
    assertThat(run(SHORT, new Keeping(file, false, "2"), 0.5).reused()).isZero();
    assertThat(run(SHORT.withThreads(1), new Keeping(file, false, "1"), 0.5).reused())
        .as("threads don't matter")
        .isEqualTo(2);
    assertThat(run(SHORT, new Keeping(file, true, "1"), 0.5).reused()).as("fresh").isZero();
    assertThat(Files.readAllLines(file)).hasSize(2);
    Files.writeString(file, "{\"method\": \"random\"}\n");
    assertThatThrownBy(() -> run(SHORT, new Keeping(file, false, "1"), 0.5))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("line 1 is no result of this command");
  }

  @Test
  void aDensityIsAShare() {
    assertThatThrownBy(
            () ->
                new Plan(
                    List.of(new Temperature("hot", SHORT)),
                    List.of(0.5, 0.0),
                    SHORT,
                    Allocation.UNIFORM))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("a density of 0.0, expected more than 0 and 1 at most");
  }
}
