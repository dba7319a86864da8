package org.espalier.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.espalier.graph.Model;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.prune.structured.BatchTaylor;
import org.espalier.prune.structured.Subject;
import org.espalier.torch.TorchModel;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.junit.jupiter.api.Test;

/** A trained network's channels, each of which is taken out to see what it was worth. */
class ChannelOracleTest {
  @Test
  void taylorRanksChannelsAsTheirRemovalsDo() throws IOException {
    Dataset digits = Datasets.open("embedded").train().slice(0, 600);
    Model model =
        new Trainer(Zoo.build("lenet-5", 1), TrainingOptions.usual(2).withThreads(1))
            .train(digits, Optional.empty(), TrainingProgress.SILENT)
            .model();
    Dataset some = digits.slice(0, 150);
    Coupling coupling = Coupling.of(model);
    Group group = coupling.groups().getFirst();
    assertThat(group.size()).as("the first convolution's filters").isEqualTo(20);
    double dense = loss(coupling.model(), some);
    double[] changes =
        IntStream.range(0, group.size())
            .mapToDouble(
                k -> {
                  var gone = new BitSet();
                  gone.set(group.first() + k);
                  Model without = Rewriting.of(new Removal(coupling, gone)).model();
                  return Math.pow(loss(without, some) - dense, 2);
                })
            .toArray();
    var weights = Layers.of(model).layers().stream().map(Layer::weight).collect(Collectors.toSet());
    var data = CalibrationData.of(coupling.model(), some, 150, 150, 0);
    try (Evidence evidence = Evidence.of(coupling.model(), weights, data)) {
      double[] scores = new BatchTaylor().score(group, Subject.of(coupling, evidence, 0));
      assertThat(correlation(ranks(scores), ranks(changes))).isGreaterThan(0.7);
    }
  }

  private static double loss(Model model, Dataset data) {
    try (TorchModel torch = TorchModel.of(model)) {
      return Evaluation.of(torch, model, data).loss();
    }
  }

  private static double[] ranks(double[] values) {
    double[] ranks = new double[values.length];
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(k -> values[k]))
            .mapToInt(k -> k)
            .toArray();
    for (int k = 0; k < order.length; k++) {
      ranks[order[k]] = k;
    }
    return ranks;
  }

  /** Of ranks, whose mean is known. */
  private static double correlation(double[] a, double[] b) {
    double mean = (a.length - 1) / 2.0;
    double product = 0;
    double square = 0;
    for (int k = 0; k < a.length; k++) {
      product += (a[k] - mean) * (b[k] - mean);
      square += (a[k] - mean) * (a[k] - mean);
    }
    return product / square;
  }
}
