package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.espalier.graph.Attribute;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.proof.Proofs;
import org.junit.jupiter.api.Test;

/** Convolutions in groups, which lose as many channels in each. */
class GroupedRewritingTest {
  private final RandomRemovals removals = new RandomRemovals(SeededRandom.fresh());

  @Test
  void groupsOfAConvolutionLoseAsMuchEach() {
    Net net = new Net();
    String wide = net.conv("x", 6, 12);
    String grouped =
        net.add("Conv", Map.of("group", Attribute.of(3)), wide, net.weight(15, 4, 3, 3));
    String depthwise =
        net.add("Conv", Map.of("group", Attribute.of(15)), grouped, net.weight(15, 1, 3, 3));
    net.conv(depthwise, 15, 4);
    removals.check(net.model(17), 2);
  }

  @Test
  void groupsOfConvolutionsBetweenShufflesLoseAnyButAsMany() {
    Net net = new Net();
    Map<String, Attribute> groups = Map.of("group", Attribute.of(3));
    String wide = net.conv("x", 6, 15);
    String first = shuffled(net.add("Conv", groups, wide, net.weight(15, 5, 3, 3)), net);
    String second = shuffled(net.add("Conv", groups, first, net.weight(15, 5, 1, 1)), net);
    String third =
        net.add("ConvTranspose", groups, second, net.weight(15, 5, 1, 1), net.weight(15));
    String last = net.add("Conv", groups, shuffled(third, net), net.weight(12, 5, 2, 2));
    net.conv(last, 12, 4);
    Coupling coupling = Coupling.of(net.model(17));
    assertThat(coupling.groups().stream().map(Group::size)).containsExactly(5, 5, 5, 5, 4);
    assertThat(Proofs.failures(coupling, new Random(7), 3)).isEmpty();
    Removal removal = removals.removal(coupling);
    Rewriting rewriting = Rewriting.of(removal);
    RandomRemovals.assertCosts(removal, rewriting.model());
    for (String weight : List.of("w2", "w5", "w8", "w12")) {
      Tensor whole = coupling.model().graph().initializer(weight).orElseThrow();
      assertThat(rewriting.follow(weight, whole))
          .isEqualTo(rewriting.model().graph().initializer(weight).orElseThrow());
    }
  }

  @Test
  void transposedConvolutionsAndTheirGroups() {
    Net net = new Net();
    String wide = net.conv("x", 6, 12);
    String each =
        net.add("ConvTranspose", Map.of("group", Attribute.of(12)), wide, net.weight(12, 1, 2, 2));
    String whole = net.add("ConvTranspose", each, net.weight(12, 7, 2, 2), net.weight(7));
    net.conv(whole, 7, 4);
    removals.check(net.model(17), 2);
  }

  /** Of groups of five channels, the first of each, then the second of each... */
  private static String shuffled(String x, Net net) {
    String apart = net.add("Reshape", x, net.ints(0, 3, 5, 6, 6));
    Map<String, Attribute> order = Map.of("perm", Attribute.of(0, 2, 1, 3, 4));
    return net.add("Reshape", net.add("Transpose", order, apart), net.ints(0, 15, 6, 6));
  }
}
