package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Likeness;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Seam;

/**
 * Puts channels in an order in which what is taken across seams is one run, where it can be: a
 * slice instead of a gathering. No channel more or less goes, and what would need more gathering
 * than before stays in its order.
 *
 * <p>The channels that a seam has on its two sides share a track: they stand at the same place. The
 * tracks that the same groups have can change places.
 */
public final class Ordering {
  /** What it costs to copy a channel alone, where one within a run costs 1. */
  private static final double GATHERED = 1.5;

  private final Removal removal;
  private final Coupling coupling;

  /** By channel: the first channel of its track. */
  private final int[] tracks;

  /** By channel: the one whose place it takes. */
  private final int[] places;

  private Ordering(Removal removal) {
    this.removal = removal;
    this.coupling = removal.coupling();
    this.tracks = IntStream.range(0, coupling.channels()).toArray();
    this.places = tracks.clone();
    coupling.seams().forEach(this::join);
    for (int channel = 0; channel < tracks.length; channel++) {
      tracks[channel] = track(channel);
    }
  }

  /** The same removal, of the same channels in a better order. */
  public static Removal of(Removal removal) {
    boolean sparse = !removal.coupling().model().graph().sparseInitializers().isEmpty();
    return removal.coupling().seams().isEmpty() || sparse
        ? removal
        : new Ordering(removal).ordered();
  }

  private void join(Seam seam) {
    int[] before = coupling.channelsAlong(seam.before());
    int[] behind = coupling.channelsAlong(seam.behind());
    for (int k = 0; before.length > 0 && k < behind.length; k++) {
      int from = before[seam.sources()[k]];
      if (from >= 0 && behind[k] >= 0) {
        int a = track(from);
        int b = track(behind[k]);
        tracks[Math.max(a, b)] = Math.min(a, b);
      }
    }
  }

  private int track(int channel) {
    int track = channel;
    while (tracks[track] != track) {
      track = tracks[track];
    }
    return track;
  }

  private Removal ordered() {
    Map<Integer, int[]> members = members();
    double cost = cost();
    boolean any = false;
    for (List<Integer> alike : alike(members)) {
      List<BitSet> sets = crossing(alike);
      int[] saved = places.clone();
      place(alike, ChannelOrder.of(sets), members);
      double reached = cost();
      if (reached < cost) {
        cost = reached;
        any = true;
      } else {
        System.arraycopy(saved, 0, places, 0, places.length);
      }
    }
    return any ? new Removal(coupling.reordered(reordered(), places), removal.channels()) : removal;
  }

  /** The channels of each track, by its first, in ascending order. */
  private Map<Integer, int[]> members() {
    var members = new LinkedHashMap<Integer, List<Integer>>();
    for (int channel = 0; channel < tracks.length; channel++) {
      members.computeIfAbsent(tracks[channel], first -> new ArrayList<>()).add(channel);
    }
    var arrays = new LinkedHashMap<Integer, int[]>();
    members.forEach(
        (track, all) -> arrays.put(track, all.stream().mapToInt(Integer::intValue).toArray()));
    return arrays;
  }

  /** The tracks that may change places: one channel each in the same groups, with like entries. */
  private List<List<Integer>> alike(Map<Integer, int[]> members) {
    long[] kinds = kinds();
    var alike = new LinkedHashMap<List<Long>, List<Integer>>();
    members.forEach(
        (track, channels) -> {
          List<Long> key =
              Arrays.stream(channels)
                  .mapToObj(c -> List.of((long) coupling.groupOf(c).first(), kinds[c]))
                  .flatMap(List::stream)
                  .toList();
          long groups =
              Arrays.stream(channels).map(c -> coupling.groupOf(c).first()).distinct().count();
          if (groups == channels.length && Arrays.stream(channels).noneMatch(c -> kinds[c] < 0)) {
            alike.computeIfAbsent(key, k -> new ArrayList<>()).add(track);
          }
        });
    return alike.values().stream().filter(tracks -> tracks.size() > 1).toList();
  }

  /** The likeness of each channel; -1 also where numbers may name its places. */
  private long[] kinds() {
    long[] kinds = Likeness.of(coupling);
    coupling
        .model()
        .graph()
        .initializers()
        .forEach(
            (name, tensor) -> {
              for (int axis = 0; axis < tensor.rank() && isIndex(tensor); axis++) {
                for (int channel : coupling.channelsAlong(new Axis(name, axis))) {
                  if (channel >= 0) {
                    kinds[channel] = -1;
                  }
                }
              }
            });
    return kinds;
  }

  private static boolean isIndex(Tensor tensor) {
    return tensor.type() == DataType.INT64 || tensor.type() == DataType.INT32;
  }

  /** Of these tracks, those that each seam carries across: what is there before and behind it. */
  private List<BitSet> crossing(List<Integer> alike) {
    BitSet own = new BitSet();
    alike.forEach(own::set);
    var sets = new ArrayList<BitSet>();
    for (Seam seam : coupling.seams()) {
      int[] before = coupling.channelsAlong(seam.before());
      int[] behind = coupling.channelsAlong(seam.behind());
      BitSet set = new BitSet();
      for (int k = 0; before.length > 0 && k < behind.length; k++) {
        int from = before[seam.sources()[k]];
        boolean both = from >= 0 && behind[k] >= 0 && own.get(tracks[from]);
        if (both && removal.keeps(from) && removal.keeps(behind[k])) {
          set.set(tracks[from]);
        }
      }
      sets.add(set);
    }
    return sets;
  }

  /** Gives the places of {@code alike} to the tracks of {@code order}, then to the others. */
  private void place(List<Integer> alike, List<Integer> order, Map<Integer, int[]> members) {
    var all = new ArrayList<>(order);
    alike.stream().filter(track -> !order.contains(track)).forEach(all::add);
    for (int k = 0; k < all.size(); k++) {
      int[] moving = members.get(all.get(k));
      int[] there = members.get(alike.get(k));
      for (int c = 0; c < moving.length; c++) {
        places[moving[c]] = there[c];
      }
    }
  }

  /** What seams cost: nothing where all stays as it is, a copy of a run, a copy of single ones. */
  private double cost() {
    double cost = 0;
    for (Seam seam : coupling.seams()) {
      int[] before = order(seam.before(), seam);
      int[] behind = order(seam.behind(), seam);
      int[] stay = stay(seam.before(), before);
      int[] sources =
          seam.reordered(Map.of(seam.before(), before, seam.behind(), behind)).sources();
      int[] from =
          IntStream.of(kept(seam.behind(), behind)).map(index -> stay[sources[index]]).toArray();
      cost += cost(from, (int) IntStream.of(stay).filter(place -> place >= 0).count());
    }
    return cost;
  }

  /**
   * What one seam costs.
   *
   * @param from for each channel behind it the place before it, or -1 for zeros
   * @param size how many channels are before it
   */
  private static double cost(int[] from, int size) {
    boolean zeros = false;
    boolean run = true;
    for (int k = 0; k < from.length; k++) {
      zeros |= from[k] < 0;
      run &=
          k == 0
              || from[k] == from[k - 1] + 1
              || (from[k] < 0 && from[k - 1] < 0)
              || (from[k] >= 0 && from[k - 1] < 0 && from[k] == 0)
              || (from[k] < 0 && from[k - 1] == size - 1);
    }
    if (run) {
      return from.length == size && !zeros ? 0 : from.length;
    }
    return from.length * (zeros ? 1 + GATHERED : GATHERED); // zeros are put there by a copy before
  }

  /** The index before at each place of a seam's axis. */
  private int[] order(Axis axis, Seam seam) {
    return coupling.channelsAlong(axis).length == 0
        ? IntStream.range(0, seam.sources().length).toArray()
        : coupling.order(axis, places);
  }

  /** The indices that stay along an axis in its new order. */
  private int[] kept(Axis axis, int[] order) {
    int[] channels = coupling.channelsAlong(axis);
    return IntStream.range(0, order.length)
        .filter(place -> channels.length == 0 || stays(channels[order[place]]))
        .toArray();
  }

  private boolean stays(int channel) {
    return channel < 0 || removal.keeps(channel);
  }

  /** The place that each index has among those that stay; -1 for one that goes. */
  private int[] stay(Axis axis, int[] order) {
    int[] stay = new int[order.length];
    Arrays.fill(stay, -1);
    int[] kept = kept(axis, order);
    for (int k = 0; k < kept.length; k++) {
      stay[kept[k]] = k;
    }
    return stay;
  }

  private Model reordered() {
    Graph graph = coupling.model().graph();
    var moved = new LinkedHashMap<String, Tensor>();
    graph
        .initializers()
        .forEach(
            (name, tensor) -> {
              int[][] orders = new int[tensor.rank()][];
              boolean any = false;
              for (int axis = 0; axis < orders.length; axis++) {
                int[] order = coupling.order(new Axis(name, axis), places);
                boolean same = IntStream.range(0, order.length).allMatch(k -> order[k] == k);
                orders[axis] = same ? null : order;
                any |= !same;
              }
              if (any) {
                moved.put(name, Gathered.of(tensor, orders));
              }
            });
    Map<String, Node> producers = graph.producers();
    for (Seam seam : coupling.seams()) {
      Seam now =
          seam.reordered(
              Map.of(
                  seam.before(), order(seam.before(), seam),
                  seam.behind(), order(seam.behind(), seam)));
      String indices = producers.get(seam.output()).inputs().get(1);
      moved.put(indices, Tensor.of(Arrays.stream(now.sources()).asLongStream().toArray()));
    }
    return coupling.model().withGraph(graph.replacing(moved));
  }
}
