package org.espalier.prune.coupling;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;

/**
 * A choice of channels to remove, by their numbers in the coupling. No group loses all.
 *
 * @param channels those that go; don't change the set afterwards
 */
public record Removal(Coupling coupling, BitSet channels) {
  public Removal {
    if (channels.length() > coupling.channels()) {
      throw new InvalidInputException(
          "channel %d, expected less than %d"
              .formatted(channels.length() - 1, coupling.channels()));
    }
    for (Group group : coupling.groups()) {
      int end = group.first() + group.size();
      if (channels.nextClearBit(group.first()) >= end) {
        throw new InvalidInputException(
            "all %d channels of group '%s' would go, expected one to stay (what can go whole is a residual block: --budget blocks=1)"
                .formatted(group.size(), group.name()));
      }
    }
  }

  /** Whether the channel stays. */
  public boolean keeps(int channel) {
    return !channels.get(channel);
  }

  /** How many channels of {@code group} stay. */
  public int kept(Group group) {
    int end = group.first() + group.size();
    return group.size() - channels.get(group.first(), end).cardinality();
  }

  /** The indices along an axis that stay, ascending; none for an axis without channels. */
  public int[] kept(Axis axis) {
    int[] of = coupling.channelsAlong(axis);
    return IntStream.range(0, of.length).filter(k -> of[k] < 0 || keeps(of[k])).toArray();
  }

  /** Whether any index of the axis goes. */
  public boolean changes(Axis axis) {
    for (int channel : coupling.channelsAlong(axis)) {
      if (channel >= 0 && channels.get(channel)) {
        return true;
      }
    }
    return false;
  }
}
