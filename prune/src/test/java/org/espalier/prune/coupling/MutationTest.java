package org.espalier.prune.coupling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.proof.Proofs;
import org.espalier.prune.proof.RandomNets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Rules broken on purpose: of a random network's ties, one is left out at a time. Where that makes
 * other groups, the proofs must fail; they would otherwise not have caught a rule that forgets it.
 */
class MutationTest {
  private static final int TRIALS = 6;

  /** Two axes that some rule ties. */
  private record Tie(Axis one, Axis other) {}

  /** Ties that note what is tied, or leave one out. */
  private static final class Broken extends Ties {
    private final Set<Tie> stated;
    private final Tie without;

    Broken(Shapes shapes, Set<Tie> stated, Tie without) {
      super(shapes);
      this.stated = stated;
      this.without = without;
    }

    private boolean leavesOut(String a, int axisA, String b, int axisB) {
      var tie = new Tie(new Axis(a, axisA), new Axis(b, axisB));
      stated.add(tie);
      return tie.equals(without);
    }

    @Override
    void same(String a, int axisA, String b, int axisB, Node node) {
      if (!leavesOut(a, axisA, b, axisB)) {
        super.same(a, axisA, b, axisB, node);
      }
    }

    @Override
    void map(String a, int axisA, String b, int axisB, IntUnaryOperator other) {
      if (!leavesOut(a, axisA, b, axisB)) {
        super.map(a, axisA, b, axisB, other);
      }
    }
  }

  @Test
  void eachTieLeftOutIsCaught() {
    assertCaught(SeededRandom.fresh().nextLong(1_000_000), 12);
  }

  @Test
  @Tag("slow")
  void eachTieOfManyNetworksIsCaught() {
    for (int k = 0; k < 10; k++) {
      assertCaught(SeededRandom.fresh().nextLong(1_000_000), Integer.MAX_VALUE);
    }
  }

  private static void assertCaught(long seed, int most) {
    Model model = RandomNets.of(seed);
    Coupling whole = Coupling.of(model);
    var stated = new LinkedHashSet<Tie>();
    broken(whole, stated, null);
    var ties = new ArrayList<Tie>(stated);
    Collections.shuffle(ties, new Random(seed));
    Map<String, Integer> caught = new LinkedHashMap<>();
    var missed = new TreeSet<String>();
    int tried = 0;
    for (Tie tie : ties) {
      Coupling coupling = broken(whole, new HashSet<>(), tie);
      if (coupling.groups().toString().equals(whole.groups().toString()) || tried == most) {
        continue;
      }
      tried++;
      List<String> failures = Proofs.failures(coupling, new Random(seed), TRIALS);
      if (failures.isEmpty()) {
        missed.add(tie + " makes " + coupling.groups());
      } else {
        caught.merge(failures.getFirst().replaceAll("[:(].*", ""), 1, Integer::sum);
      }
    }
    System.out.println(tried + " broken, caught by " + caught);
    assertThat(missed).as("seed " + seed + " of " + whole.groups()).isEmpty();
    assertThat(tried).isPositive();
  }

  private static Coupling broken(Coupling whole, Set<Tie> stated, Tie without) {
    return new Analysis(
            whole.model(),
            whole.view(),
            Granularity.HEADS,
            shapes -> new Broken(shapes, stated, without),
            List.of())
        .coupling();
  }
}
