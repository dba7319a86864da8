package org.espalier.prune.structured;

import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;

/** How wide a group's weights are. */
final class Widths {
  private Widths() {}

  /**
   * How many channels must be kept at a time for the first weight's axis to be a multiple of {@code
   * multiple}: a head of 64 entries is one by itself.
   */
  static int multiple(Group group, int multiple) {
    int entries = group.members().isEmpty() ? 1 : entries(group.members().getFirst());
    return multiple / gcd(multiple, entries);
  }

  /** The entries that the group's first channel has along a weight's axis. */
  private static int entries(Member member) {
    return Math.max(1, member.positions(0).length);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
