package org.espalier.study.proof;

import java.util.ArrayList;
import java.util.List;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;

/**
 * What a group lost.
 *
 * @param group its name
 * @param of how many channels it had
 * @param channels those that went, counted within the group
 */
public record RemovedGroup(String group, int of, List<Integer> channels) {
  public RemovedGroup {
    channels = List.copyOf(channels);
  }

  static List<RemovedGroup> of(Removal removal) {
    var groups = new ArrayList<RemovedGroup>();
    for (Group group : removal.coupling().groups()) {
      var gone = new ArrayList<Integer>();
      for (int k = 0; k < group.size(); k++) {
        if (!removal.keeps(group.first() + k)) {
          gone.add(k);
        }
      }
      if (!gone.isEmpty()) {
        groups.add(new RemovedGroup(group.name(), group.size(), gone));
      }
    }
    return groups;
  }
}
