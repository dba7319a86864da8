package org.espalier.prune.rewrite;

import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;

/** Widths that suit vector units: as many channels of each group as a multiple of a number. */
public final class Rounding {
  private Rounding() {}

  /**
   * A removal that takes no channel that {@code removal} doesn't, and of each group that it thins
   * leaves a multiple of {@code multiple}, or all. The best of the removed channels come back; of
   * equal ones, the first.
   *
   * @param scores how much each channel matters, by its number in the coupling
   */
  public static Removal up(Removal removal, int multiple, IntToDoubleFunction scores) {
    if (multiple < 1) {
      throw new InvalidInputException(
          "widths of a multiple of " + multiple + ", expected 1 or more");
    }
    var channels = (BitSet) removal.channels().clone();
    for (Group group : removal.coupling().groups()) {
      int kept = removal.kept(group);
      int wanted = Math.min(group.size(), Math.ceilDiv(kept, multiple) * multiple);
      if (kept < group.size() && wanted > kept) {
        List<Integer> removed =
            channels.stream()
                .filter(c -> c >= group.first() && c < group.first() + group.size())
                .boxed()
                .sorted(
                    Comparator.comparingDouble((Integer c) -> scores.applyAsDouble(c)).reversed())
                .toList();
        removed.subList(0, wanted - kept).forEach(channels::clear);
      }
    }
    return new Removal(removal.coupling(), channels);
  }
}
