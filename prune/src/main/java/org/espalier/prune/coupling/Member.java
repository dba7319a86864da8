package org.espalier.prune.coupling;

import java.util.Arrays;

/**
 * A weight's axis that a group's channels run along.
 *
 * @param weight the initializer of {@link Coupling#model}, and which of its axes
 * @param role whether the channels are made or read here
 * @param channels the channel of every index, relative to the group, in 0 to {@code size - 1}; -1
 *     where the index belongs to another group or none
 */
public record Member(Axis weight, Role role, int[] channels) {
  /** The indices that are {@code channel}'s, ascending; often just one. */
  public int[] positions(int channel) {
    int[] found = new int[channels.length];
    int count = 0;
    for (int index = 0; index < channels.length; index++) {
      if (channels[index] == channel) {
        found[count++] = index;
      }
    }
    return Arrays.copyOf(found, count);
  }

  @Override
  public String toString() {
    return weight + " " + role;
  }
}
