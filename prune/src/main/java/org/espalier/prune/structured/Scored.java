package org.espalier.prune.structured;

import org.espalier.prune.coupling.Group;

/**
 * A group with the scores of its channels.
 *
 * @param scores one for each channel
 * @param most how many channels may go
 */
public record Scored(Group group, double[] scores, int most) {
  public Scored {
    assert scores.length == group.size() : scores.length + " scores of " + group;
    assert most >= 0 && most < group.size() : most + " of " + group;
  }
}
