package org.espalier.prune.structured;

import java.util.BitSet;
import java.util.List;
import org.espalier.prune.coupling.Group;

/**
 * Moves widths to where steps in time end: a processor takes as long for a width as for the next
 * multiple of its block, or longer. Of the widths near by, the one that saves most beyond what so
 * many channels usually cost.
 */
final class Snapping {
  /** How far a width may move, as a part of it. */
  private static final double REACH = 0.125;

  /** How far a small width may move up. */
  private static final int BLOCK = 8;

  /** The loss, in usual prices, of each channel that a width is away from where it was. */
  private static final double DISTANCE = 0.15;

  private final Choice choice;
  private final Forecast forecast;

  Snapping(Choice choice, Forecast forecast) {
    this.choice = choice;
    this.forecast = forecast;
  }

  /** These channels, some of them put back and others added. */
  BitSet of(BitSet removed) {
    int[] kept = choice.costs().kept(choice.removal(removed));
    BitSet moved = (BitSet) removed.clone();
    List<Group> groups = choice.subject().coupling().groups();
    for (Scored scored : choice.groups()) {
      Group group = scored.group();
      int place = groups.indexOf(group);
      int width = kept[place];
      if (width < group.size()) {
        kept[place] = nearest(kept, place, scored);
        for (int k = width; k < kept[place]; k++) {
          moved.clear(Choice.best(scored, moved));
        }
        for (int k = width; k > kept[place]; k--) {
          moved.set(Choice.worst(scored, moved));
        }
      }
    }
    return choice.rounded(moved);
  }

  private int nearest(int[] kept, int place, Scored scored) {
    int size = scored.group().size();
    int width = kept[place];
    int few = Math.max(1, size / 8);
    double price = (at(kept, place, size) - at(kept, place, few)) / Math.max(1, size - few);
    if (price <= 0) {
      return size; // nothing is saved here at all
    }
    int low = Math.max(size - scored.most(), (int) Math.ceil(width * (1 - REACH)));
    int high = Math.min(size, width + Math.max(BLOCK, (int) (width * REACH)));
    int best = width;
    double least = at(kept, place, width);
    for (int other = Math.min(low, width); other <= high; other++) {
      double net =
          at(kept, place, other)
              - price * (other - width)
              + DISTANCE * price * Math.abs(other - width);
      if (net < least) {
        best = other;
        least = net;
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
