package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.study.measure.RegimeGrid.Cell;
import org.espalier.study.measure.RegimeGrid.Plan;
import org.espalier.study.measure.RegimeGrid.Temperature;
import org.espalier.train.TrainingOptions;
import org.espalier.train.data.Splits;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.junit.jupiter.api.Test;

class RegimeGridTest {
  private static final TrainingOptions SHORT = TrainingOptions.usual(2).withBatch(10);

  private final SeededRandom random = SeededRandom.of(5);
  private final Model net = Networks.perceptron(random, 7, 11, 3);
  private final Splits data =
      new Splits(
          "drawn",
          Optional.of(Networks.classified(random, 60, 7, 3)),
          Optional.of(Networks.classified(random, 40, 7, 3)));

  private List<Cell> cells(TrainingOptions retraining) throws IOException {
    var plan =
        new Plan(
            List.of(
                new Temperature("hot", SHORT),
                new Temperature("cold", TrainingOptions.usual(9).withBatch(10))),
            List.of(0.3, 1.0),
            retraining,
            Allocation.UNIFORM);
    return RegimeGrid.run(net, data, plan, Settings.USUAL).cells();
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
