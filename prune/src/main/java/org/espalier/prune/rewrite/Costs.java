package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.inspect.Macs;
import org.espalier.graph.inspect.Parameters;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Balance;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;

/**
 * What a model would have and cost after a removal, without rewriting it: the same numbers that
 * {@link Inspection} counts in the result.
 *
 * <p>All channels of a group touch the same axes, each as often. So only how many stay of each
 * group matters, and an axis' size is a sum of these numbers with fixed factors.
 */
public final class Costs {
  /**
   * The size of an axis: {@code fixed} and, for each channel that stays, its group's factor; of
   * blocks as long as each, one.
   */
  private record Extent(long fixed, int[] groups, int[] factors, int blocks) {
    long of(int[] kept) {
      long size = fixed;
      for (int k = 0; k < groups.length; k++) {
        size += (long) factors[k] * kept[groups[k]];
      }
      return size / blocks;
    }
  }

  /** A tensor that grows and shrinks with channels. */
  private record Weight(Extent[] extents, DataType type) {
    long elements(int[] kept) {
      long elements = 1;
      for (Extent extent : extents) {
        elements *= extent.of(kept);
      }
      return elements;
    }
  }

  private final Coupling coupling;
  private final Shapes shapes;
  private final Map<String, String> same;
  private final Map<String, Balance> balances = new HashMap<>();
  private final List<Weight> parameters = new ArrayList<>();
  private final List<Node> counted = new ArrayList<>();
  private final Map<String, Extent[]> values = new HashMap<>();
  private long fixedParameters;
  private long fixedBytes;
  private long fixedMacs;

  private Costs(Coupling coupling) {
    this.coupling = coupling;
    Model model = coupling.model();
    this.shapes = Inspection.shapes(model);
    this.same = Extents.same(coupling);
    for (Balance balance : coupling.balances()) {
      if (balance.hasWeight()) {
        balances.put(balance.weight(), balance);
      }
    }
    weights(model.graph());
    for (Node node : model.graph().nodes()) {
      Optional<Long> macs = Macs.of(node, this::before);
      if (macs.orElse(0L) > 0) {
        if (Graph.uses(node).stream().anyMatch(this::changes)
            || node.outputs().stream().anyMatch(this::changes)) {
          counted.add(node);
          node.inputs().forEach(this::prepare);
          node.outputs().forEach(this::prepare);
        } else {
          fixedMacs += macs.get();
        }
      }
    }
  }

  /** The costs of a coupling's removals. */
  public static Costs of(Coupling coupling) {
    return new Costs(coupling);
  }

  /** How many parameters are left: {@link Parameters} of the smaller model. */
  public long parameters(Removal removal) {
    return parameters(kept(removal));
  }

  /** The multiply-accumulates of one run of the smallest input, as {@link Inspection} has them. */
  public long macs(Removal removal) {
    return macs(kept(removal));
  }

  /** How many bytes the parameters that are left take, stored densely. */
  public long bytes(Removal removal) {
    return bytes(kept(removal));
  }

  /**
   * As {@link #parameters(Removal)}.
   *
   * @param kept how many channels of each group stay, by the group's place in the coupling
   */
  public long parameters(int... kept) {
    long sum = fixedParameters;
    for (Weight weight : parameters) {
      sum += weight.elements(kept);
    }
    return sum;
  }

  /** As {@link #macs(Removal)}, of how many channels of each group stay. */
  public long macs(int... kept) {
    long sum = fixedMacs;
    for (Node node : counted) {
      sum += Macs.of(node, value -> after(value, kept)).orElse(0L);
    }
    return sum;
  }

  /** As {@link #bytes(Removal)}, of how many channels of each group stay. */
  public long bytes(int... kept) {
    long sum = fixedBytes;
    for (Weight weight : parameters) {
      sum += weight.type().bytes(weight.elements(kept));
    }
    return sum;
  }

  /**
   * The shape of what a node with multiply-accumulates reads or makes, once so many channels of
   * each group stay; empty where nothing of the node changes, or a size is open.
   */
  public Optional<long[]> sizes(String value, int... kept) {
    return after(value, kept);
  }

  /** How many channels of each group stay, by the group's place in the coupling. */
  public int[] kept(Removal removal) {
    return coupling.groups().stream().mapToInt(removal::kept).toArray();
  }

  private void weights(Graph graph) {
    for (Map.Entry<String, Tensor> parameter : Parameters.of(graph).entrySet()) {
      Tensor tensor = parameter.getValue();
      if (changes(parameter.getKey())) {
        parameters.add(new Weight(extents(parameter.getKey(), tensor.dims()), tensor.type()));
      } else {
        fixedParameters += tensor.size();
        fixedBytes += tensor.type().bytes(tensor.size());
      }
    }
    graph.nodes().forEach(node -> node.subgraphs().forEach(this::within));
  }

  private void within(Graph subgraph) {
    for (Tensor tensor : Parameters.of(subgraph).values()) {
      fixedParameters += tensor.size();
      fixedBytes += tensor.type().bytes(tensor.size());
    }
    subgraph.nodes().forEach(node -> node.subgraphs().forEach(this::within));
  }

  private boolean changes(String value) {
    int rank = shapes.rank(value);
    for (int axis = 0; axis < rank; axis++) {
      if (Arrays.stream(channels(value, axis)).anyMatch(channel -> channel >= 0)) {
        return true;
      }
    }
    return balances.containsKey(value);
  }

  private int[] channels(String value, int axis) {
    return coupling.channelsAlong(new Axis(same.getOrDefault(value, value), axis));
  }

  private Optional<long[]> before(String value) {
    return shapes.shape(value).flatMap(Shape::sizes);
  }

  private void prepare(String value) {
    before(value).ifPresent(sizes -> values.computeIfAbsent(value, v -> extents(v, sizes)));
  }

  private Optional<long[]> after(String value, int... kept) {
    Extent[] extents = values.get(value);
    if (extents == null) {
      return Optional.empty();
    }
    long[] sizes = new long[extents.length];
    for (int axis = 0; axis < sizes.length; axis++) {
      sizes[axis] = extents[axis].of(kept);
    }
    return Optional.of(sizes);
  }

  private Extent[] extents(String value, long... dims) {
    var extents = new Extent[dims.length];
    for (int axis = 0; axis < dims.length; axis++) {
      extents[axis] = extent(dims[axis], 1, channels(value, axis));
    }
    Balance balance = balances.get(value);
    if (balance != null) { // a block's part of what lies along another axis
      int[] along = coupling.channelsAlong(balance.along());
      extents[1] = extent(along.length, balance.blocks(), along);
    }
    return extents;
  }

  private Extent extent(long size, int blocks, int... channels) {
    if (channels.length == 0) {
      return new Extent(size, channels, channels, 1);
    }
    long repeats = size / channels.length; // an open size, outside of what channels run along
    var indices = new HashMap<Integer, Integer>();
    int fixed = 0;
    for (int channel : channels) {
      if (channel < 0) {
        fixed++;
      } else {
        indices.merge(place(channel), 1, Integer::sum);
      }
    }
    int[] groups = indices.keySet().stream().mapToInt(Integer::intValue).sorted().toArray();
    int[] factors = new int[groups.length];
    for (int k = 0; k < groups.length; k++) {
      int count = indices.get(groups[k]);
      int of = coupling.groups().get(groups[k]).size();
      assert count % of == 0 : count + " indices for " + of + " channels of one group";
      factors[k] = Math.toIntExact(count / of * repeats);
    }
    return new Extent(fixed * repeats, groups, factors, blocks);
  }

  private int place(int channel) {
    Group group = coupling.groupOf(channel);
    int low = 0;
    int high = coupling.groups().size() - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (coupling.groups().get(middle).first() < group.first()) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
