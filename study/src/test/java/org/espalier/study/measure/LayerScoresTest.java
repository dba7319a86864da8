package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.List;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.train.data.Dataset;
import org.espalier.train.init.Initialization;
import org.junit.jupiter.api.Test;

/** SNIP on deep networks of tanh, as the authors of robust pruning at initialisation show it. */
class LayerScoresTest {
  private static final int DEPTH = 40;
  private static final int WIDTH = 200;

  /** What a global cut at 90% would do. */
  private record Cut(double largestToSmallest, double emptied, double leastKept) {}

  /** Forty layers of 200 units before ten outputs, drawn with these standard deviations. */
  private static Cut cut(double weights, double biases) {
    var random = SeededRandom.fresh();
    Value x = GraphBuilder.of("deep", 1).input("x", WIDTH);
    for (int k = 0; k < DEPTH; k++) {
      x = x.linear("l" + k, WIDTH).tanh();
    }
    Model model = x.builder().output("y", x.linear("out", 10)).build();
    Model drawn = Initialization.of(model, weights, biases, random.nextLong()).model();
    Dataset data = Networks.classified(random, 100, WIDTH, 10);
    try (Subject subject = Networks.subject(drawn, data, data)) {
      Findings findings = subject.findings(new LayerScores());
      List<Double> hidden =
          findings.tables().getFirst().rows().subList(0, DEPTH).stream()
              .map(row -> (Double) row.get(2))
              .toList();
      return new Cut(
          Collections.max(hidden) / Collections.min(hidden),
          findings.number("emptiedAt90"),
          findings.number("leastKeptAt90"));
    }
  }

  @Test
  void whereGradientsVanishACutEmptiesTheFirstLayers() {
    Cut cut = cut(0.7, 0.3);
    assertThat(cut.largestToSmallest()).isBetween(1e12, 1e19);
    assertThat(cut.emptied()).isBetween(21.0, 32.0);
  }

  @Test
  void whereTheyExplodeItEmptiesTheLast() {
    Cut cut = cut(2, 0.1);
    assertThat(cut.largestToSmallest()).isBetween(1e3, 1e8);
    assertThat(cut.emptied()).isBetween(9.0, 25.0);
  }

  @Test
  void atTheEdgeAllLayersKeepSomething() {
    Cut cut = cut(1, 0);
    assertThat(cut.largestToSmallest()).isLessThan(10);
    assertThat(cut.emptied()).isZero();
    assertThat(cut.leastKept()).isGreaterThan(2);
  }

  /** Of one layer, where all is known: the gradient is that of a softmax regression. */
  @Test
  void aScoreIsAWeightTimesItsGradient() {
    var random = SeededRandom.fresh();
    Dataset data = Networks.classified(random, 50, 5, 3);
    Model model = Networks.linear(random.gaussian(5, 3), random.gaussian(3));
    Tensor weight = model.graph().initializer("w").orElseThrow();
    Tensor bias = model.graph().initializer("b").orElseThrow();
    Tensor[] all = Networks.all(data);
    double[] gradient = new double[15];
    for (int n = 0; n < 50; n++) {
      double[] p = new double[3];
      double sum = 0;
      for (int c = 0; c < 3; c++) {
        p[c] = bias.realAt(c);
        for (int i = 0; i < 5; i++) {
          p[c] += all[0].realAt(n * 5 + i) * weight.realAt(i * 3 + c);
        }
        p[c] = Math.exp(p[c]);
        sum += p[c];
      }
      for (int k = 0; k < 15; k++) {
        double excess = p[k % 3] / sum - (all[1].integerAt(n) == k % 3 ? 1 : 0);
        gradient[k] += excess * all[0].realAt(n * 5 + k / 3) / 50;
      }
    }
    double mean = 0;
    for (int k = 0; k < 15; k++) {
      mean += Math.pow(gradient[k] * weight.realAt(k), 2) / 15;
    }
    try (Subject subject = Networks.subject(model, data, data)) {
      Findings findings = subject.findings(new LayerScores());
      List<Object> row = findings.tables().getFirst().rows().getFirst();
      assertThat((Double) row.get(2)).isCloseTo(mean, within(1e-4 * mean));
      assertThat(findings.number("largestToSmallest")).isEqualTo(1);
      assertThat((Double) row.get(4)).isCloseTo(100 * 2 / 15.0, within(1e-9)); // 15 * 90% = 13 go
    }
  }
}
