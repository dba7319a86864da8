package org.espalier.prune.structured;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.rewrite.Rewriting;

/**
 * The channels that come next after those that go keep their places, with filters that see but the
 * middle of their windows (HAP, Yu et al., 2022).
 *
 * @param share of all channels that are pruned in one way or the other, how many are of this kind
 */
public record Implants(double share) {
  public Implants {
    if (!(share >= 0 && share < 1)) {
      throw new InvalidInputException(
          "implants for a share of " + share + ", expected one from 0 up to but not 1");
    }
  }

  /** The network without the channels that go, the next ones implanted. */
  public Model in(Removal removal, Choice choice) {
    Model smaller = Rewriting.of(removal).model();
    long count = Math.round(share / (1 - share) * removal.channels().cardinality());
    var implanted = new BitSet();
    for (int channel : Ranking.of(choice.groups(), choice.scope(), choice.subject())) {
      if (implanted.cardinality() < count && removal.keeps(channel)) {
        implanted.set(channel);
      }
    }
    var filters = new HashMap<String, BitSet>();
    for (Scored scored : choice.groups()) {
      Group group = scored.group();
      for (Member member : Part.FILTERS.of(group, choice.subject())) {
        add(member, group, implanted, removal, filters);
      }
    }
    return Implant.of(smaller, filters);
  }

  /** Notes which of a pruned weight's filters are implanted. */
  private static void add(
      Member member, Group group, BitSet implanted, Removal removal, Map<String, BitSet> filters) {
    if (member.weight().axis() != 0) {
      return;
    }
    BitSet rows = filters.computeIfAbsent(member.weight().value(), _ -> new BitSet());
    int[] kept = removal.kept(member.weight());
    for (int row = 0; row < kept.length; row++) {
      int channel = member.channels()[kept[row]];
      if (channel >= 0 && implanted.get(group.first() + channel)) {
        rows.set(row);
      }
    }
  }
}
