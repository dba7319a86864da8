package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.rewrite.Rewriting;

/**
 * How much of each group may go, as measured (PAGCP, Ye et al., 2023). Groups come in the order of
 * the work that they save. From each as much goes as the loss allows: it may grow by a factor that
 * is {@code 1 + first} for the first group and nearer to 1 from group to group, so that all factors
 * together make {@code total}. Groups that save least for what they cost stay whole.
 */
public final class Sensitivity {
  private static final double FIRST = 0.05;
  private static final double TOTAL = 5;
  private static final double SHARE = 0.1;
  private static final double KEPT = 0.8;

  private Sensitivity() {}

  /** A group, and what was found for it. */
  private record Found(Scored scored, int prune, double costPerWork) {}

  /**
   * The channels that may go by what was measured, all groups together; past them, the same share
   * of what is left of each.
   */
  public static Removals removals(Choice choice) {
    var shares = new LinkedHashMap<String, Double>();
    for (Found found : found(choice)) {
      Group group = found.scored().group();
      shares.put(group.name(), (double) found.prune() / group.size());
    }
    int[] first = Ranking.of(choice.groups(), new Scope.Shares(shares), choice.subject());
    BitSet gone = new BitSet();
    IntStream.of(first).forEach(gone::set);
    int[] rest = Ranking.of(choice.groups(), new Scope.PerGroup(), choice.subject());
    return Removals.along(
        IntStream.concat(IntStream.of(first), IntStream.of(rest).filter(c -> !gone.get(c)))
            .toArray());
  }

  private static List<Found> found(Choice choice) {
    List<Scored> order = new ArrayList<>(choice.groups());
    Map<Scored, Double> work = new LinkedHashMap<>();
    order.forEach(scored -> work.put(scored, saved(choice, scored, 0.3)));
    order.sort(Comparator.comparingDouble((Scored scored) -> work.get(scored)).reversed());
    double factor = factor(order.size(), FIRST, TOTAL);
    double allowed = FIRST;
    BitSet removed = new BitSet();
    double base = loss(choice, removed);
    var found = new ArrayList<Found>();
    for (Scored scored : order) {
      int width = scored.group().size();
      int prune = 0;
      double reached = base;
      for (double share = SHARE; share < 1 - SHARE / 2; share += SHARE) {
        int more = (int) Math.min(scored.most(), Math.round(share * width));
        double loss = more == prune ? reached : loss(choice, with(removed, choice, scored, more));
        if (loss > (1 + allowed) * base) {
          break;
        }
        prune = more;
        reached = loss;
      }
      double saving = saved(choice, scored, (double) prune / width);
      found.add(
          new Found(scored, prune, saving == 0 ? Double.MAX_VALUE : (reached - base) / saving));
      removed = with(removed, choice, scored, prune);
      base = Math.max(base, reached);
      allowed *= factor;
    }
    found.sort(Comparator.comparingDouble(Found::costPerWork));
    return found.subList(0, (int) Math.ceil(KEPT * found.size()));
  }

  private static double saved(Choice choice, Scored scored, double share) {
    int[] kept = choice.costs().kept(choice.removal(new BitSet()));
    double before = choice.costs().macs(kept);
    int place = choice.subject().coupling().groups().indexOf(scored.group());
    kept[place] -= (int) Math.min(scored.most(), Math.round(share * scored.group().size()));
    return before - choice.costs().macs(kept);
  }

  private static BitSet with(BitSet removed, Choice choice, Scored scored, int prune) {
    BitSet more = (BitSet) removed.clone();
    Scored some = new Scored(scored.group(), scored.scores(), prune);
    IntStream.of(Ranking.of(List.of(some), new Scope.PerGroup(), choice.subject()))
        .forEach(more::set);
    return more;
  }

  private static double loss(Choice choice, BitSet removed) {
    return choice.meters().loss().of(Rewriting.of(choice.removal(removed)).model());
  }

  /** The factor q for which the product of {@code 1 + first q^i}, i below count, is total. */
  static double factor(int count, double first, double total) {
    double low = 0;
    double high = 1;
    while (product(count, first, high) < total && high < 1e6) {
      high *= 2;
    }
    for (int k = 0; k < 200; k++) {
      double middle = (low + high) / 2;
      if (product(count, first, middle) < total) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  static double product(int count, double first, double factor) {
    double product = 1;
    for (int k = 0; k < count; k++) {
      product *= 1 + first * Math.pow(factor, k);
    }
    return product;
  }
}
