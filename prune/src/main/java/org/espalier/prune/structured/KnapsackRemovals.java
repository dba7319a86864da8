package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.espalier.prune.coupling.Group;

/**
 * Ever smaller knapsacks: after each step the channels are gone that a knapsack of one 256th less
 * of the work has no room for. A channel's weight is the multiply-accumulates that its removal
 * alone saves. What is really saved is more than that, as widths multiply; the budget is met by
 * looking at what is really left.
 */
public final class KnapsackRemovals implements Removals {
  private static final int STEPS = 256;

  private final List<Integer> channels = new ArrayList<>();
  private final double[] values;
  private final long[] weights;
  private final long total;

  public KnapsackRemovals(Choice choice) {
    var value = new ArrayList<Double>();
    var weight = new ArrayList<Long>();
    int[] all = choice.costs().kept(choice.removal(new BitSet()));
    long work = choice.costs().macs(all);
    List<Group> groups = choice.subject().coupling().groups();
    for (Scored scored : choice.groups()) {
      int place = groups.indexOf(scored.group());
      all[place]--;
      long saved = Math.max(1, work - choice.costs().macs(all));
      all[place]++;
      // Those that must stay are no items: they are in the knapsack already.
      Scored allowed = new Scored(scored.group(), scored.scores(), scored.most());
      for (int channel : Ranking.of(List.of(allowed), new Scope.PerGroup(), choice.subject())) {
        channels.add(channel);
        value.add(Math.max(0, scored.scores()[channel - scored.group().first()]));
        weight.add(saved);
      }
    }
    values = value.stream().mapToDouble(Double::doubleValue).toArray();
    weights = weight.stream().mapToLong(Long::longValue).toArray();
    total = weight.stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public int length() {
    return STEPS;
  }

  @Override
  public BitSet after(int steps) {
    BitSet removed = new BitSet();
    if (steps == 0) {
      return removed;
    }
    BitSet kept = Knapsack.keep(values, weights, total / STEPS * (STEPS - steps));
    for (int item = 0; item < values.length; item++) {
      if (!kept.get(item)) {
        removed.set(channels.get(item));
      }
    }
    return removed;
  }
}
