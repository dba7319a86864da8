package org.espalier.train.rule;

import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import org.espalier.graph.Tensor;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.train.Step;

/**
 * Masks that make a network compute what it would without some channels: of all weights that make
 * or read them.
 */
final class ChannelMasks {
  private ChannelMasks() {}

  /**
   * The masks, within those in force.
   *
   * @param removed more than 0 for each channel of the coupling that goes
   */
  static Masks of(Step step, Coupling coupling, Tensor removed) {
    var kept = new HashMap<String, BitSet>();
    for (Group group : coupling.groups()) {
      for (Member member : group.members()) {
        String name = member.weight().value();
        Tensor weight = step.weights().get(name);
        if (weight != null && step.parameters().containsKey(name)) {
          BitSet bits = kept.computeIfAbsent(name, _ -> Mask.all(weight.size()).bits());
          int[] channels = member.channels();
          for (int at = 0; at < channels.length; at++) {
            if (channels[at] >= 0 && removed.floatAt(group.first() + channels[at]) > 0) {
              clear(bits, weight, member.weight().axis(), at);
            }
          }
        }
      }
    }
    var masks = new LinkedHashMap<>(step.masks().byWeight());
    kept.forEach(
        (name, bits) ->
            masks.merge(name, Mask.keeping(step.weights().get(name).size(), bits), Mask::and));
    return new Masks(masks);
  }

  /** Clears what stands at one index of one axis. */
  private static void clear(BitSet bits, Tensor weight, int axis, int index) {
    long inner = weight.stride(axis);
    long stride = inner * weight.dim(axis);
    for (long from = index * inner; from < weight.size(); from += stride) {
      bits.clear((int) from, (int) (from + inner));
    }
  }
}
