package org.espalier.prune.proof;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;

/** Removals drawn to be proven. */
public final class RandomRemoval {
  private static final double LEAST = 0.1;
  private static final double MOST = 0.9;

  private RandomRemoval() {}

  /**
   * From one to all of the groups, drawn, lose 10 to 90% of their channels, drawn for each; one
   * goes at least and one stays. Equal seeds give equal removals.
   */
  public static Removal draw(Coupling coupling, long seed) {
    List<Group> groups = coupling.groups().stream().filter(group -> group.size() > 1).toList();
    var removed = new BitSet();
    if (groups.isEmpty()) {
      return new Removal(coupling, removed);
    }
    var random = new Random(seed);
    double share = random.nextDouble();
    int certain = random.nextInt(groups.size());
    for (int k = 0; k < groups.size(); k++) {
      Group group = groups.get(k);
      if (k == certain || random.nextDouble() < share) {
        long wanted = Math.round(group.size() * (LEAST + (MOST - LEAST) * random.nextDouble()));
        random
            .ints(group.first(), group.first() + group.size())
            .distinct()
            .limit(Math.clamp(wanted, 1, group.size() - 1))
            .forEach(removed::set);
      }
    }
    return new Removal(coupling, removed);
  }
}
