package org.espalier.prune.coupling;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.infer.Shapes;

/**
 * What goes with channels across seams: one goes that nothing reads any more, and one of which
 * nothing is made any more. What only carries a constant on, such as a bias, counts as nothing.
 */
final class Implied {
  private static final Set<String> NORMS =
      Set.of(
          "LayerNormalization",
          "RMSNormalization",
          "GroupNormalization",
          "InstanceNormalization",
          "LpNormalization");

  private final Coupling coupling;

  /** Channels that something but a seam reads. */
  private final BitSet read = new BitSet();

  /** Channels that something but a seam makes. */
  private final BitSet made = new BitSet();

  private Implied(Coupling coupling) {
    this.coupling = coupling;
    Graph graph = coupling.view().graph();
    Shapes shapes = Shapes.infer(coupling.view());
    Set<String> fixed = new HashSet<>(graph.initializers().keySet());
    Set<String> seams = new HashSet<>();
    coupling.seams().forEach(seam -> seams.add(seam.output()));
    for (Node node : graph.nodes()) {
      if (fixed.containsAll(Graph.uses(node))) {
        fixed.addAll(node.outputs());
      } else if (!seams.contains(node.outputs().getFirst())) {
        List<String> inputs = node.inputs().stream().filter(in -> !fixed.contains(in)).toList();
        BitSet in = along(inputs, shapes);
        BitSet out = along(node.outputs(), shapes);
        BitSet ends = (BitSet) in.clone();
        if (!NORMS.contains(node.op())) {
          ends.andNot(out);
        }
        read.or(ends);
        out.andNot(in);
        made.or(out);
      }
    }
  }

  private BitSet along(List<String> values, Shapes shapes) {
    BitSet channels = new BitSet();
    for (String value : values) {
      for (int axis = 0; axis < shapes.rank(value); axis++) {
        Arrays.stream(coupling.channelsAlong(new Axis(value, axis)))
            .filter(channel -> channel >= 0)
            .forEach(channels::set);
      }
    }
    return channels;
  }

  /** These channels and all that go with them; no group loses its last. */
  static BitSet by(Coupling coupling, BitSet removed, BitSet kept) {
    BitSet all = (BitSet) removed.clone();
    if (!coupling.seams().isEmpty()) {
      var implied = new Implied(coupling);
      implied.read.or(kept);
      implied.made.or(kept);
      while (implied.grow(all)) {}
    }
    return all;
  }

  /** Adds what goes with {@code removed} at once; whether there was anything. */
  private boolean grow(BitSet removed) {
    BitSet before = new BitSet();
    BitSet behind = new BitSet();
    BitSet needed = (BitSet) read.clone();
    BitSet fed = (BitSet) made.clone();
    for (Seam seam : coupling.seams()) {
      int[] in = coupling.channelsAlong(seam.before());
      int[] out = coupling.channelsAlong(seam.behind());
      for (int k = 0; k < seam.sources().length; k++) {
        int from = in.length == 0 ? -1 : in[seam.sources()[k]];
        int to = out.length == 0 ? -1 : out[k];
        mark(from, to, removed, before, needed);
        mark(to, from, removed, behind, fed);
      }
    }
    before.andNot(needed);
    behind.andNot(fed);
    BitSet idle = before;
    idle.or(behind);
    idle.andNot(removed);
    boolean grown = false;
    for (int channel = idle.nextSetBit(0); channel >= 0; channel = idle.nextSetBit(channel + 1)) {
      Group group = coupling.groupOf(channel);
      int end = group.first() + group.size();
      if (removed.get(group.first(), end).cardinality() < group.size() - 1) {
        removed.set(channel);
        grown = true;
      }
    }
    return grown;
  }

  /** Notes a channel at a seam, and whether there is something on the other side. */
  private static void mark(int channel, int other, BitSet removed, BitSet seen, BitSet needed) {
    if (channel >= 0) {
      seen.set(channel);
      if (other < 0 || !removed.get(other)) {
        needed.set(channel);
      }
    }
  }
}
