package org.espalier.prune.allocation;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.espalier.prune.Allocation;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;
import org.espalier.prune.Scores;
import org.espalier.prune.evidence.Need;

/**
 * As many weights of each layer as SNIP would take, whichever they are (Liu et al., 2022): what
 * random pruning before training does best with, as much of SNIP's worth is in its shares.
 */
public final class SnipShares implements Allocation {
  @Override
  public String name() {
    return "snip";
  }

  @Override
  public boolean ranks() {
    return false;
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRADIENTS);
  }

  @Override
  public long[] counts(Demand demand) {
    List<Scores> reactions =
        IntStream.range(0, demand.layers().size())
            .mapToObj(k -> reactions(demand, demand.layers().get(k)).within(demand.standing(k)))
            .toList();
    return Allocation.GLOBAL.counts(demand.withScores(reactions));
  }

  private static Scores reactions(Demand demand, Layer layer) {
    return Scores.of(
        layer,
        demand.evidence().gradient(layer.weight()),
        (weight, gradient) -> Math.abs(weight * gradient));
  }

  @Override
  public String toString() {
    return name();
  }
}
