package org.espalier.prune.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.espalier.graph.Model;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.coupling.Granularity;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Channels that layers choose for themselves, proven by masks, with and without a new order. */
class SeamsTest {
  @RepeatedTest(20)
  void randomNetworks() {
    long seed = SeededRandom.fresh().nextLong(1_000_000);
    Model model = RandomNets.of(seed);
    for (Freedom freedom : Freedom.values()) {
      Coupling coupling = Coupling.of(model, Granularity.HEADS, freedom);
      assertThat(Proofs.acrossSeams(coupling, new Random(seed), 3))
          .as("seed %d, %s", seed, freedom)
          .isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lenet-5",
        "resnet20",
        "densenet40",
        "unet",
        "vit-cifar",
        "cct-7",
        "bert-tiny",
        "gpt-char",
        "llama-tiny",
        "lstm"
      })
  void networks(String name) {
    long seed = SeededRandom.fresh().nextLong(1_000_000);
    Model model = Zoo.build(name, seed);
    for (Freedom freedom : Freedom.values()) {
      Coupling coupling = Coupling.of(model, Granularity.HEADS, freedom);
      assertThat(Proofs.acrossSeams(coupling, new Random(seed), 1))
          .as("seed %d, %s", seed, freedom)
          .isEmpty();
    }
  }
}
