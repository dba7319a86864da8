package org.espalier.prune.structured;

import java.util.BitSet;
import java.util.List;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.rewrite.Costs;

/**
 * What a method chooses from.
 *
 * @param groups that may be pruned, with scores, in the order of their channels
 * @param kept channels that stay, whatever goes around them
 * @param scope which of them compete
 * @param multiple widths are kept a multiple of it
 * @param costs what removals save
 * @param meters what can be measured
 */
public record Choice(
    List<Scored> groups,
    BitSet kept,
    Scope scope,
    int multiple,
    Subject subject,
    Costs costs,
    Meters meters) {
  public Choice {
    groups = List.copyOf(groups);
  }

  /** How many channels the groups have. */
  public int channels() {
    return groups.stream().mapToInt(scored -> scored.group().size()).sum();
  }

  /** These channels, and those that go with them, as a removal. */
  Removal removal(BitSet channels) {
    return new Removal(subject.coupling(), subject.coupling().implied(channels, kept));
  }

  /** Channels are put back, best first, until every group's width is a multiple again. */
  BitSet rounded(BitSet removed) {
    BitSet rounded = (BitSet) removed.clone();
    for (Scored scored : groups) {
      Group group = scored.group();
      int whole = Widths.multiple(group, multiple);
      int end = group.first() + group.size();
      int kept = group.size() - rounded.get(group.first(), end).cardinality();
      int wanted = Math.min(group.size(), Math.ceilDiv(kept, whole) * whole);
      for (; kept < wanted; kept++) {
        rounded.clear(best(scored, rounded));
      }
    }
    return rounded;
  }

  /** The removed channel of a group with the highest score; the last of them. */
  static int best(Scored scored, BitSet removed) {
    int best = -1;
    int first = scored.group().first();
    for (int k = 0; k < scored.scores().length; k++) {
      boolean gone = removed.get(first + k);
      if (gone && (best < 0 || scored.scores()[k] >= scored.scores()[best])) {
        best = k;
      }
    }
    return best < 0 ? -1 : first + best;
  }

  /** The kept channel of a group with the lowest score; the first of them. */
  static int worst(Scored scored, BitSet removed) {
    int worst = -1;
    int first = scored.group().first();
    for (int k = 0; k < scored.scores().length; k++) {
      boolean stays = !removed.get(first + k);
      if (stays && (worst < 0 || scored.scores()[k] < scored.scores()[worst])) {
        worst = k;
      }
    }
    return worst < 0 ? -1 : first + worst;
  }
}
