package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeSet;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Pattern;
import org.espalier.train.Trained;
import org.junit.jupiter.api.Test;

class BayesFactorTest {
  private static final long SIZE = Layers.of(Rules.net()).size();

  private static List<Long> pruned(double odds) {
    var counts = new ArrayList<Long>();
    var rule = new BayesFactor(0.9, odds, 5, new Pattern.Unstructured(), Allocation.UNIFORM);
    Trained trained =
        Rules.train(
            Rules.net(),
            Rules.options(2),
            Rules.digits(403),
            rule,
            new Rules.After((step, index) -> counts.add(step.masks().pruned())));
    assertThat(trained.masks().pruned()).isEqualTo(Math.round(0.9 * SIZE));
    return counts;
  }

  @Test
  void whatIsRefusedWaitsAndTheTargetIsMetInTheEnd() {
    List<Long> refused = pruned(Double.POSITIVE_INFINITY); // no odds are as good
    List<Long> taken = pruned(0); // any will do
    int early = refused.size() / 7;
    assertThat(refused.get(early)).isZero();
    assertThat(taken.get(early)).isPositive();
    assertThat(refused).isSorted();
    assertThat(new TreeSet<>(taken)).hasSizeGreaterThan(4);
  }

  @Test
  void removingNothingChangesNoOdds() {
    Rules.train(
        Rules.net(),
        Rules.options(1),
        Rules.digits(62),
        new Rules.After(
            (step, index) -> {
              var all = new LinkedHashMap<String, Mask>();
              step.layers().forEach(l -> all.put(l.weight(), Mask.all(l.size())));
              assertThat(BayesFactor.logFactor(step, new Masks(all))).isZero();
            }));
  }
}
