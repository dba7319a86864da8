package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Role;
import org.espalier.prune.evidence.Calibration;

/**
 * Channels that go are fused into those that stay instead of being dropped (Theus et al., "Towards
 * Meta-Pruning via Optimal Transport", 2024). Each channel is described by its slices of all
 * weights, batch normalisation folded in; optimal transport between all channels and those that
 * stay, over the distances of these descriptions, says which become part of which.
 *
 * <p>A channel that stays makes the average of what those carried to it made, and is read with the
 * sum of what they were read with. Then copies of a channel are merged and outputs don't change.
 * The published code has one matrix for both sides, whose columns sum to one, which scales outputs;
 * {@code single} does the same.
 *
 * @param mass how much of each channel there is to carry, and how much each that stays takes
 * @param single whether the sums stand on both sides, as in the published code
 */
public record IntraFusion(Mass mass, boolean single) implements Repair {
  /** How much channels weigh. */
  public enum Mass {
    /** All the same, as in the published code. */
    UNIFORM,

    /** By the L1 norm of what makes them. */
    NORM
  }

  /** Channels weigh what their weights do: of faint ones little is mixed into others. */
  public IntraFusion() {
    this(Mass.NORM, false);
  }

  @Override
  public boolean needsData() {
    return false;
  }

  @Override
  public Model repair(Removal removal, Model pruned, Calibration calibration) {
    Graph original = removal.coupling().model().graph();
    Folded folded = Folded.of(original);
    var mixtures = new HashMap<Integer, Mixture>();
    var roles = new HashMap<Axis, Role>();
    for (Group group : removal.coupling().groups()) {
      group.members().forEach(member -> roles.put(member.weight(), member.role()));
      boolean real =
          group.members().stream()
              .map(member -> original.initializer(member.weight().value()))
              .allMatch(weight -> weight.isPresent() && weight.get().type().isFloat());
      if (real && removal.kept(group) < group.size()) {
        mixtures.putAll(Mixture.of(group, removal, folded, this));
      }
    }
    Graph graph = pruned.graph();
    var changed = new HashMap<String, Slab>();
    for (Map.Entry<String, Slab> weight : folded.weights().entrySet()) {
      Slab mixed = weight.getValue();
      boolean touched = false;
      for (int axis = 0; axis < weight.getValue().dims().length; axis++) {
        Axis along = new Axis(weight.getKey(), axis);
        if (removal.changes(along)) {
          boolean read = roles.get(along) == Role.CONSUMER;
          mixed = mixed(mixed, along, read, removal, mixtures);
          touched = true;
        }
      }
      if (touched && fits(mixed, graph.initializer(weight.getKey()))) {
        changed.put(weight.getKey(), mixed);
      }
    }
    return pruned.withGraph(graph.replacing(folded.unfolded(graph, changed)));
  }

  @Override
  public String toString() {
    return "intra-fusion";
  }

  private static boolean fits(Slab slab, Optional<Tensor> tensor) {
    return tensor.isPresent() && Arrays.equals(tensor.get().dims(), slab.dims());
  }

  /** A weight whose slices along an axis are mixed as the channels there are. */
  private static Slab mixed(
      Slab slab, Axis axis, boolean read, Removal removal, Map<Integer, Mixture> mixtures) {
    int[] channels = removal.coupling().channelsAlong(axis);
    int[] kept = removal.kept(axis);
    var seen = new HashMap<Integer, List<Integer>>();
    int[] turns = new int[channels.length];
    for (int k = 0; k < channels.length; k++) {
      List<Integer> places = seen.computeIfAbsent(channels[k], _ -> new ArrayList<>());
      turns[k] = places.size();
      places.add(k);
    }
    int[][] sources = new int[kept.length][];
    double[][] shares = new double[kept.length][];
    for (int k = 0; k < kept.length; k++) {
      int place = kept[k];
      if (channels[place] < 0) {
        sources[k] = new int[] {place};
        shares[k] = Mixture.WHOLE;
        continue;
      }
      Mixture mixture = mixtures.getOrDefault(channels[place], Mixture.alone(channels[place]));
      sources[k] =
          Arrays.stream(mixture.sources()).map(c -> seen.get(c).get(turns[place])).toArray();
      shares[k] = read ? mixture.read() : mixture.made();
    }
    return slab.mixed(axis.axis(), sources, shares);
  }
}
