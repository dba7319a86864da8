package org.espalier.prune.proof;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Balance;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Role;

/**
 * The original with the weights at zero that read a removed channel. For any activation, and
 * without a mask anywhere, it gives what the model without the channels gives, wherever channels
 * are read through weights alone: no normalisation over them, no product of activations.
 */
public final class ConsumerZero {
  private final Coupling coupling;
  private final Model model;
  private final Map<String, int[]> masks;
  private final Set<Integer> unreachable;

  private ConsumerZero(Coupling coupling, Instrument built, Set<Integer> unreachable) {
    this.coupling = coupling;
    this.model = built.build();
    this.masks = built.inputs();
    this.unreachable = unreachable;
  }

  public static ConsumerZero of(Coupling coupling) {
    Graph graph = coupling.model().graph();
    var instrument = new Instrument(coupling.model(), "zero", DataType.FLOAT);
    var renamed = new HashMap<String, String>();
    var unreachable = new LinkedHashSet<Integer>();
    for (Axis axis : consumers(coupling)) {
      Tensor weight = graph.initializers().get(axis.value());
      int[] channels = coupling.channelsAlong(axis);
      if (weight.type() == DataType.FLOAT) {
        String before = renamed.getOrDefault(axis.value(), axis.value());
        renamed.put(axis.value(), zeroed(before, axis, weight.rank(), channels, instrument));
      } else {
        for (int channel : channels) {
          unreachable.add(channel); // zero of another type may stand for something else
        }
      }
    }
    for (Balance balance : coupling.balances()) {
      Tensor weight = graph.initializers().get(balance.weight());
      if (weight == null || balance.role() == Role.PRODUCER) {
        continue;
      }
      if (weight.type() == DataType.FLOAT) {
        String before = renamed.getOrDefault(balance.weight(), balance.weight());
        renamed.put(balance.weight(), zeroed(before, balance, weight, coupling, instrument));
      } else {
        Arrays.stream(coupling.channelsAlong(balance.along())).forEach(unreachable::add);
      }
    }
    for (Node node : graph.nodes()) {
      instrument.add(
          node.withInputs(
              node.inputs().stream().map(name -> renamed.getOrDefault(name, name)).toList()));
    }
    return new ConsumerZero(coupling, instrument, unreachable);
  }

  private static Set<Axis> consumers(Coupling coupling) {
    var axes = new LinkedHashSet<Axis>();
    for (Group group : coupling.groups()) {
      for (Member member : group.members()) {
        if (coupling.isRead(member.weight())) {
          axes.add(member.weight());
        }
      }
    }
    return axes;
  }

  private static String zeroed(
      String value, Axis axis, int rank, int[] channels, Instrument instrument) {
    long[] shape = new long[rank - axis.axis()];
    Arrays.fill(shape, 1);
    shape[0] = channels.length;
    String mask = instrument.add("Reshape", instrument.along(channels), instrument.ints(shape));
    return instrument.add("Mul", value, mask);
  }

  /** A weight with its rows in blocks, each of which reads other channels. */
  private static String zeroed(
      String value, Balance balance, Tensor weight, Coupling coupling, Instrument instrument) {
    long[] dims = weight.dims();
    long blocks = balance.blocks();
    long inner = weight.size() / dims[0] / dims[1];
    String mask = instrument.along(coupling.channelsAlong(balance.along()));
    String apart =
        instrument.add("Reshape", value, instrument.ints(blocks, dims[0] / blocks, dims[1], inner));
    String masks = instrument.add("Reshape", mask, instrument.ints(blocks, 1, dims[1], 1));
    return instrument.add("Reshape", instrument.add("Mul", apart, masks), instrument.ints(dims));
  }

  /** The original with factors on its consumers; beside its inputs it takes {@link #inputs}. */
  public Model model() {
    return model;
  }

  /** Whether all that reads a removed channel is a weight that can be zero. */
  public boolean applies(Removal removal, Masked masked) {
    return masked.readByWeightsAlone(removal)
        && unreachable.stream().allMatch(channel -> channel < 0 || removal.keeps(channel));
  }

  /** The model's inputs, with the factors that this removal asks for. */
  public Map<String, Tensor> inputs(Map<String, Tensor> inputs, Removal removal) {
    if (removal.coupling() != coupling) {
      throw new IllegalArgumentException("a removal from another coupling");
    }
    var all = new LinkedHashMap<>(inputs);
    masks.forEach(
        (name, channels) -> {
          float[] factors = new float[channels.length];
          for (int k = 0; k < factors.length; k++) {
            factors[k] = channels[k] < 0 || removal.keeps(channels[k]) ? 1 : 0;
          }
          all.put(name, Tensor.of(factors));
        });
    return all;
  }
}
