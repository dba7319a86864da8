package org.espalier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Model;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Allocation;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.prune.Schedule;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.junit.jupiter.api.Test;

class WorkTest {
  /** What is kept at each step, by the cubic's formula, added up. */
  @Test
  void aGradualTrainingTakesTheSumOverItsSchedule() throws IOException {
    Dataset digits = Datasets.open("embedded").train().slice(0, 400);
    TrainingOptions options = TrainingOptions.usual(2).withBatch(40).withThreads(1);
    var gradual =
        new GradualPruning(
            Methods.scoring("magnitude"),
            new Pattern.Unstructured(),
            Allocation.GLOBAL,
            new Schedule.Cubic(0, 0.9, 2, 16, 1));
    Trained trained =
        new Trainer(Zoo.build("mlpnet", 3), options)
            .with(gradual)
            .train(digits, Optional.empty(), TrainingProgress.SILENT);
    double[] expected = new double[2];
    for (int step = 0; step < 20; step++) {
      double before = Math.min(16, step - 1); // masks are those of the step before
      double sparsity = before < 2 ? 0 : 0.9 - 0.9 * Math.pow(1 - (before - 2) / 14, 3);
      expected[step / 10] += (1 - sparsity) / 10;
    }
    assertThat(trained.epochs().get(0).work()).isCloseTo(expected[0], within(1e-4));
    assertThat(trained.epochs().get(1).work()).isCloseTo(expected[1], within(1e-4));
  }

  @Test
  void layersCountByTheirWork() {
    GraphBuilder builder = GraphBuilder.of("net", 1);
    Value x = builder.input("x", 3, 9, 9).conv("conv", 4, Conv.kernel(3)).relu().flatten();
    Model model = builder.output("y", x.linear("fc", 5)).build();
    double conv = 49 * 4 * 27;
    double linear = 4 * 49 * 5;
    boolean[] third = new boolean[108];
    for (int k = 0; k < 108; k++) {
      third[k] = k % 3 == 0;
    }
    var work = new Work(model);
    assertThat(work.share(new Masks(Map.of()))).isEqualTo(1);
    assertThat(work.share(new Masks(Map.of("conv.weight", Mask.of(third)))))
        .isCloseTo((conv / 3 + linear) / (conv + linear), within(1e-12));
  }
}
