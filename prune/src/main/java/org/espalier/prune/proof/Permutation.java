package org.espalier.prune.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Likeness;

/**
 * The model with its channels in any order: every weight is gathered along the axes that channels
 * run along. Where the coupling is right, no order changes the outputs.
 *
 * <p>Where a channel has several places along an axis, their order among themselves stays: heads
 * change places, the dimensions within don't.
 */
public final class Permutation {
  /** Operators whose integer operands name places and sizes: these aren't weights. */
  private static final Map<String, Set<Integer>> PLACES =
      Map.ofEntries(
          Map.entry("Gather", Set.of(1)),
          Map.entry("GatherElements", Set.of(1)),
          Map.entry("GatherND", Set.of(1)),
          Map.entry("ScatterElements", Set.of(1)),
          Map.entry("ScatterND", Set.of(1)),
          Map.entry("Scatter", Set.of(1)),
          Map.entry("Reshape", Set.of(1)),
          Map.entry("Expand", Set.of(1)),
          Map.entry("Tile", Set.of(1, 2)),
          Map.entry("Slice", Set.of(1, 2, 3, 4)),
          Map.entry("Split", Set.of(1)),
          Map.entry("Pad", Set.of(1, 3)),
          Map.entry("ConstantOfShape", Set.of(0)),
          Map.entry("Resize", Set.of(1, 2, 3)));

  private final Coupling coupling;
  private final Model model;
  private final Map<String, int[]> orders;
  private final Collection<List<Integer>> alike;

  private Permutation(Coupling coupling, Instrument built) {
    this.coupling = coupling;
    this.model = built.build();
    this.orders = built.inputs();
    this.alike = alike(coupling);
  }

  public static Permutation of(Coupling coupling) {
    Graph graph = coupling.model().graph();
    var instrument = new Instrument(coupling.model(), "order", DataType.INT64);
    Set<String> places = places(graph);
    var renamed = new HashMap<String, String>();
    graph
        .initializers()
        .forEach(
            (name, tensor) -> {
              String value = places.contains(name) ? name : gathered(name, coupling, instrument);
              if (!value.equals(name)) {
                renamed.put(name, value);
              }
            });
    for (Node node : graph.nodes()) {
      instrument.add(
          node.withInputs(
              node.inputs().stream().map(name -> renamed.getOrDefault(name, name)).toList()));
    }
    return new Permutation(coupling, instrument);
  }

  private static Set<String> places(Graph graph) {
    var places = new HashSet<String>();
    for (Node node : graph.nodes()) {
      for (int input : PLACES.getOrDefault(node.op(), Set.of())) {
        node.input(input).ifPresent(places::add);
      }
    }
    return places;
  }

  private static String gathered(String name, Coupling coupling, Instrument instrument) {
    String value = name;
    int rank = coupling.model().graph().initializers().get(name).rank();
    for (int axis = 0; axis < rank; axis++) {
      int[] channels = coupling.channelsAlong(new Axis(name, axis));
      if (Arrays.stream(channels).anyMatch(channel -> channel >= 0)) {
        Map<String, Attribute> along = Map.of("axis", Attribute.of(axis));
        value = instrument.add("Gather", along, value, instrument.along(channels));
      }
    }
    return value;
  }

  /** The original with its weights gathered; beside its inputs it takes {@link #inputs}. */
  public Model model() {
    return model;
  }

  /** A random order of the channels of every group: element c is where channel c goes. */
  public int[] shuffled(Random random) {
    int[] places = new int[coupling.channels()];
    for (List<Integer> same : alike) {
      List<Integer> order = new ArrayList<>(same);
      Collections.shuffle(order, random);
      for (int k = 0; k < order.size(); k++) {
        places[same.get(k)] = order.get(k);
      }
    }
    return places;
  }

  /** The channels of every group that may change places. */
  private static Collection<List<Integer>> alike(Coupling coupling) {
    long[] kinds = Likeness.of(coupling);
    var alike = new LinkedHashMap<List<Long>, List<Integer>>();
    for (int channel = 0; channel < kinds.length; channel++) {
      long kind = kinds[channel] < 0 ? -1 - channel : kinds[channel];
      List<Long> key = List.of((long) coupling.groupOf(channel).first(), kind);
      alike.computeIfAbsent(key, any -> new ArrayList<>()).add(channel);
    }
    return alike.values();
  }

  /**
   * The model's inputs, with the orders that this permutation asks for.
   *
   * @param places where each channel goes, within its group
   */
  public Map<String, Tensor> inputs(Map<String, Tensor> inputs, int[] places) {
    var all = new LinkedHashMap<>(inputs);
    orders.forEach((name, channels) -> all.put(name, Tensor.of(order(channels, places))));
    return all;
  }

  /** Which index goes to each place: the k-th of a channel to the k-th of the one it becomes. */
  private static long[] order(int[] channels, int[] places) {
    var indices = new HashMap<Integer, int[]>();
    var counts = new HashMap<Integer, Integer>();
    for (int index = 0; index < channels.length; index++) {
      counts.merge(channels[index], 1, Integer::sum);
    }
    int[] rank = new int[channels.length];
    var next = new HashMap<Integer, Integer>();
    for (int index = 0; index < channels.length; index++) {
      int channel = channels[index];
      rank[index] = next.merge(channel, 1, Integer::sum) - 1;
      indices.computeIfAbsent(channel, c -> new int[counts.get(c)])[rank[index]] = index;
    }
    long[] order = new long[channels.length];
    for (int index = 0; index < channels.length; index++) {
      int channel = channels[index];
      int place = channel < 0 ? index : indices.get(places[channel])[rank[index]];
      order[place] = index;
    }
    return order;
  }
}
