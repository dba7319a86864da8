package org.espalier.prune.proof;

import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;

/**
 * Finds out which channels a pruned file lacks, from its weights alone.
 *
 * <p>A weight that lost channels along any axes is, flattened, a subsequence of what it was. So the
 * slices of a pruned weight are matched with the original's, in order; a group is found as soon as
 * one of its weights matches. Where all were changed after pruning, only how many channels went is
 * known. Across seams channels change their order, too: there, slices are known by the numbers that
 * occur in a weight only once.
 */
public final class RemovalSearch {
  private static final int UNKNOWN = -1;

  /**
   * What was found.
   *
   * @param removal that explains the pruned file's shapes
   * @param guessed the groups of which only the number of channels left is known
   */
  public record Found(Removal removal, Set<String> guessed) {}

  private final Coupling coupling;
  private final Map<String, Tensor> before;
  private final Map<String, Tensor> after;

  private RemovalSearch(Coupling coupling, Model pruned) {
    this.coupling = coupling;
    this.before = coupling.model().graph().initializers();
    this.after = Constants.of(pruned.graph());
  }

  /** The removal that makes the pruned model's shapes of the original's; empty where none does. */
  public static Optional<Found> of(Coupling coupling, Model pruned) {
    return new RemovalSearch(coupling, pruned).find();
  }

  private Optional<Found> find() {
    var counts = new ChannelCounts(coupling.groups());
    Map<Group, BitSet> known = new HashMap<>();
    if (!read(counts) || !match(counts, known)) {
      return Optional.empty();
    }
    var removed = new BitSet();
    var guessed = new TreeSet<String>();
    for (Group group : coupling.groups()) {
      int kept = counts.of(group).getAsInt();
      if (kept == group.size()) {
        continue;
      }
      BitSet stay = known.containsKey(group) ? known.get(group) : match(group, kept);
      if (stay == null) {
        guessed.add(group.name());
        stay = new BitSet();
        stay.set(0, kept);
      }
      for (int channel = 0; channel < group.size(); channel++) {
        removed.set(group.first() + channel, !stay.get(channel));
      }
    }
    return Optional.of(new Found(new Removal(coupling, removed), guessed));
  }

  /** Takes what the shapes say; false where they contradict each other. */
  private boolean read(ChannelCounts counts) {
    Set<Axis> axes = new LinkedHashSet<>();
    for (Group group : coupling.groups()) {
      group.members().forEach(member -> axes.add(member.weight()));
    }
    for (Axis axis : axes) {
      Tensor now = after.get(axis.value());
      if (now == null) {
        continue; // others may tell
      }
      if (now.rank() != before.get(axis.value()).rank()
          || !counts.add(coupling, axis, now.dim(axis.axis()))) {
        return false;
      }
    }
    return counts.isPossible();
  }

  /** Has weights tell what shapes leave open; false where that doesn't fit, or isn't enough. */
  private boolean match(ChannelCounts counts, Map<Group, BitSet> known) {
    for (Group group : counts.open()) {
      if (counts.of(group).isPresent()) {
        continue; // another made it known
      }
      BitSet stay = match(group, UNKNOWN);
      if (stay == null || !counts.add(group, stay.cardinality())) {
        return false;
      }
      known.put(group, stay);
    }
    return counts.isPossible();
  }

  /**
   * The channels whose slices are there still, told by a weight in which they can only be these
   * where there is one; null where no weight matches. How many are left may be unknown.
   */
  private BitSet match(Group group, int kept) {
    BitSet first = null;
    for (Member member : group.members()) {
      Axis axis = member.weight();
      Tensor old = before.get(axis.value());
      Tensor now = after.get(axis.value());
      if (now == null || now.type() != old.type() || now.rank() != old.rank()) {
        continue;
      }
      if (!coupling.seams().isEmpty()) {
        BitSet known = channels(group, member, kept, Recognition.places(old, now, axis.axis()));
        if (known != null) {
          return known;
        }
        continue;
      }
      BitSet earliest = channels(group, member, kept, inOrder(old, now, axis, true));
      BitSet latest = channels(group, member, kept, inOrder(old, now, axis, false));
      if (earliest != null && earliest.equals(latest)) {
        return earliest;
      }
      first = first == null ? earliest : first;
    }
    return kept == UNKNOWN ? null : first;
  }

  /** The first or the last indices whose slices match; null where not all find one. */
  private static BitSet inOrder(Tensor old, Tensor now, Axis axis, boolean first) {
    int size = (int) old.dim(axis.axis());
    int left = (int) now.dim(axis.axis());
    var places = new BitSet();
    int at = 0;
    for (int k = 0; k < left; k++) {
      int index = first ? k : left - 1 - k;
      while (at < size && !isPart(now, index, old, first ? at : size - 1 - at, axis.axis())) {
        at++;
      }
      if (at == size) {
        return null;
      }
      places.set(first ? at : size - 1 - at);
      at++;
    }
    return places;
  }

  /** The channels that stand at these places; null where that doesn't come out even. */
  private static BitSet channels(Group group, Member member, int kept, BitSet places) {
    if (places == null) {
      return null;
    }
    var stay = new BitSet();
    for (int channel = 0; channel < group.size(); channel++) {
      int there = 0;
      int[] positions = member.positions(channel);
      for (int position : positions) {
        there += places.get(position) ? 1 : 0;
      }
      if (there != 0 && there != positions.length) {
        return null;
      }
      stay.set(channel, there > 0);
    }
    return kept == UNKNOWN || stay.cardinality() == kept ? stay : null;
  }

  /** Whether a slice of {@code now} is a subsequence of one of {@code old}. */
  private static boolean isPart(Tensor now, long nowIndex, Tensor old, long oldIndex, int axis) {
    var sought = new Slice(now, axis, nowIndex);
    var slice = new Slice(old, axis, oldIndex);
    if (slice.size < sought.size) {
      return false;
    }
    long found = 0;
    for (long k = 0; k < slice.size && found < sought.size; k++) {
      if (sought.size - found > slice.size - k) {
        return false;
      }
      if (Double.compare(slice.at(k), sought.at(found)) == 0) {
        found++;
      }
    }
    return found == sought.size;
  }

  /** What a tensor holds at one index of an axis, flattened. */
  private static final class Slice {
    private final Tensor tensor;
    private final long inner;
    private final long stride;
    private final long start;
    private final long size;

    Slice(Tensor tensor, int axis, long index) {
      this.tensor = tensor;
      this.inner = tensor.stride(axis);
      this.stride = inner * tensor.dim(axis);
      this.start = inner * index;
      this.size = tensor.size() / tensor.dim(axis);
    }

    double at(long k) {
      return tensor.realAt(k / inner * stride + start + k % inner);
    }
  }
}
