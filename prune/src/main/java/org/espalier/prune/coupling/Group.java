package org.espalier.prune.coupling;

import java.util.List;

/**
 * Channels of the same kind: one prunable dimension of the network, such as the inner width of a
 * block, the width of a residual stream or the heads of an attention layer. Any of its channels may
 * go, but not all.
 *
 * @param name of the first weight that makes the channels
 * @param first the number of its first channel; they are numbered on from there
 * @param size how many channels it has
 * @param members the weights' axes that they run along; the first makes them
 */
public record Group(String name, int first, int size, List<Member> members) {
  public Group {
    members = List.copyOf(members);
  }

  @Override
  public String toString() {
    return name + ": " + size + " channels, " + members;
  }
}
