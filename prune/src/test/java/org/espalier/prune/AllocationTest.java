package org.espalier.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Set;
import org.espalier.graph.Model;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.inspect.Inspection;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;

class AllocationTest {
  private static final List<Layer> CONVOLUTIONS =
      List.of(Nets.layer("a", 16, 3, 3, 3), Nets.layer("b", 32, 16, 3, 3), Nets.layer("c", 10, 32));
  private static final List<Layer> LENET_300_100 =
      List.of(Nets.layer("a", 300, 784), Nets.layer("b", 100, 300), Nets.layer("c", 10, 100));

  private static void assertDensities(List<Layer> layers, double density, double... expected) {
    double[] densities = ErdosRenyi.densities(layers, density);
    double kept = 0;
    for (int k = 0; k < expected.length; k++) {
      assertThat(densities[k]).isCloseTo(expected[k], within(1e-5));
      kept += densities[k] * layers.get(k).size();
    }
    double total = layers.stream().mapToLong(Layer::size).sum();
    assertThat(kept).isCloseTo(density * total, within(1e-6 * total));
  }

  @Test
  void erkReachesTheKnownDensities() {
    assertDensities(CONVOLUTIONS, 0.1, 0.25635, 0.05191, 0.58140);
    assertDensities(CONVOLUTIONS, 0.2, 0.55087, 0.11155, 1);
    assertDensities(CONVOLUTIONS, 0.5, 1, 0.41840, 1);
    assertDensities(LENET_300_100, 0.05, 0.03848, 0.11133, 0.91851);
  }

  private static long[] uniform(List<Layer> layers, long prune) {
    List<Scores> scores = layers.stream().map(l -> Saliency.magnitude().score(l, 0)).toList();
    return Allocation.UNIFORM.counts(
        new Demand(layers, scores, new Pattern.Unstructured(), prune, Evidence.NONE, 0));
  }

  @Test
  void uniformSharesTheResidue() {
    assertThat(uniform(CONVOLUTIONS, 4000)).containsExactly(322, 3439, 239);
    assertThat(uniform(LENET_300_100, 1)).containsExactly(1, 0, 0);
  }

  /** A depthwise layer, which is counted group by group, isn't pruned; one is kept dense. */
  @Test
  void workFallsByTheShareOfUniformlyPrunedLayers() {
    GraphBuilder builder = GraphBuilder.of("net", 1);
    Value x = builder.input("x", 8, 12, 12).conv("stem", 16, Conv.kernel(3).pad(1)).relu();
    x = x.depthwise("deep", Conv.kernel(3).pad(1)).relu().conv("wide", 32, Conv.kernel(1)).relu();
    Model model = builder.output("y", x.globalAveragePool().flatten().linear("fc", 8)).build();
    long plane = 12 * 12;
    long stem = plane * 16 * 8 * 9;
    long deep = plane * 16 * 9;
    long wide = plane * 32 * 16;
    assertThat(Inspection.of(model).macs()).isEqualTo(stem + deep + wide + 32 * 8);
    Recipe uniform = Recipe.named("magnitude").allocation(Allocation.UNIFORM);
    Model pruned = uniform.sparsity(0.75).keepDense(Set.of("stem.weight")).apply(model).model();
    assertThat(Inspection.of(pruned).nonzeroMacs()).isEqualTo(stem + deep + (wide + 32 * 8) / 4);
  }
}
