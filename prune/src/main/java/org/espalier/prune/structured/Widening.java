package org.espalier.prune.structured;

import java.util.BitSet;
import java.util.List;
import org.espalier.prune.coupling.Group;

/**
 * Puts channels back that cost next to no time: a processor takes as long for a width as for the
 * next multiple of its block, or longer.
 */
final class Widening {
  /** How many channels further a step is looked for: more than any block has. */
  private static final int REACH = 48;

  /** At this part of what a channel of the group usually costs, it's on the house. */
  private static final double CHEAP = 0.25;

  private final Choice choice;
  private final Forecast forecast;

  Widening(Choice choice, Forecast forecast) {
    this.choice = choice;
    this.forecast = forecast;
  }

  /** The channels that are worth removing of those that are to go. */
  BitSet of(BitSet removed) {
    int[] kept = choice.costs().kept(choice.removal(removed));
    BitSet fewer = (BitSet) removed.clone();
    List<Group> groups = choice.subject().coupling().groups();
    for (Scored scored : choice.groups()) {
      int place = groups.indexOf(scored.group());
      int width = kept[place];
      kept[place] = widened(kept, place, scored.group().size());
      for (int k = width; k < kept[place]; k++) {
        fewer.clear(Choice.best(scored, fewer));
      }
    }
    return choice.rounded(fewer);
  }

  /** The largest width of a group within reach that costs next to nothing more. */
  private int widened(int[] kept, int place, int size) {
    int width = kept[place];
    if (width == size) {
      return width;
    }
    double now = forecast.ms(kept);
    double whole = at(kept, place, size);
    double each = Math.max(0, whole - now) / (size - width);
    int best = whole <= now ? size : width;
    for (int wider = width + 1; wider <= Math.min(size, width + REACH); wider++) {
      if (at(kept, place, wider) - now <= CHEAP * each * (wider - width)) {
        best = Math.max(best, wider);
      }
    }
    return best;
  }

  private double at(int[] kept, int place, int width) {
    int before = kept[place];
    kept[place] = width;
    double ms = forecast.ms(kept);
    kept[place] = before;
    return ms;
  }
}
