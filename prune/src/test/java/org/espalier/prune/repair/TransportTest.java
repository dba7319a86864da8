package org.espalier.prune.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class TransportTest {
  private static final Offset<Double> CLOSE = Offset.offset(1e-9);
  private final SeededRandom random = SeededRandom.fresh();

  @RepeatedTest(5)
  void betweenEquallyManyItIsTheBestAssignment() {
    double[][] costs = costs(7, 7);
    double[] ones = ones(7, 1);
    double[][] plan = Transport.plan(costs, ones, ones);
    assertThat(total(plan, costs)).isCloseTo(assigned(costs, 0, new boolean[7]), CLOSE);
    for (double[] row : plan) {
      assertThat(row).containsOnly(0, 1);
    }
  }

  @RepeatedTest(5)
  void sinksForTwoAreTwoSinks() {
    double[][] costs = costs(8, 4);
    double[][] twice = new double[8][8];
    for (int k = 0; k < 8; k++) {
      for (int j = 0; j < 8; j++) {
        twice[k][j] = costs[k][j / 2];
      }
    }
    double[][] plan = Transport.plan(costs, ones(8, 1), ones(4, 2));
    assertThat(total(plan, costs)).isCloseTo(assigned(twice, 0, new boolean[8]), CLOSE);
  }

  @Test
  void allIsCarriedWhateverTheMasses() {
    double[] supply = random.doubles(23, 0.1, 5).toArray();
    double[] demand = random.doubles(11, 0.1, 5).toArray();
    double factor = Arrays.stream(supply).sum() / Arrays.stream(demand).sum();
    demand = Arrays.stream(demand).map(mass -> mass * factor).toArray();
    double[][] plan = Transport.plan(costs(23, 11), supply, demand);
    for (int k = 0; k < supply.length; k++) {
      assertThat(Arrays.stream(plan[k]).sum()).isCloseTo(supply[k], CLOSE);
      assertThat(Arrays.stream(plan[k]).min().orElseThrow()).isGreaterThanOrEqualTo(0);
    }
    for (int j = 0; j < demand.length; j++) {
      int sink = j;
      assertThat(Arrays.stream(plan).mapToDouble(row -> row[sink]).sum())
          .isCloseTo(demand[j], CLOSE);
    }
  }

  private double[][] costs(int sources, int sinks) {
    double[][] costs = new double[sources][];
    Arrays.setAll(costs, k -> random.doubles(sinks).toArray());
    return costs;
  }

  private static double[] ones(int length, double value) {
    double[] ones = new double[length];
    Arrays.fill(ones, value);
    return ones;
  }

  private static double total(double[][] plan, double[][] costs) {
    double total = 0;
    for (int k = 0; k < plan.length; k++) {
      for (int j = 0; j < plan[k].length; j++) {
        total += plan[k][j] * costs[k][j];
      }
    }
    return total;
  }

  /** The cheapest assignment of the sources from one on to the sinks that are free. */
  private static double assigned(double[][] costs, int source, boolean[] taken) {
    if (source == costs.length) {
      return 0;
    }
    double best = Double.POSITIVE_INFINITY;
    for (int sink = 0; sink < taken.length; sink++) {
      if (!taken[sink]) {
        taken[sink] = true;
        best = Math.min(best, costs[source][sink] + assigned(costs, source + 1, taken));
        taken[sink] = false;
      }
    }
    return best;
  }
}
