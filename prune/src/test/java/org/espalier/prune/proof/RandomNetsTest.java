package org.espalier.prune.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.espalier.graph.Model;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Granularity;
import org.junit.jupiter.api.RepeatedTest;

/** Random removals from random networks, proven by order, masks and zero weights. */
class RandomNetsTest {
  @RepeatedTest(30)
  void removalsHold() {
    long seed = SeededRandom.fresh().nextLong(1_000_000);
    Model model = RandomNets.of(seed);
    for (Granularity granularity : Granularity.values()) {
      Coupling coupling = Coupling.of(model, granularity);
      assertThat(Proofs.failures(coupling, new Random(seed), 3)).as("seed " + seed).isEmpty();
    }
  }
}
