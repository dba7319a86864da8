package org.espalier.prune.coupling;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.espalier.graph.Node;

/**
 * Which channels of a group can change places such that along every axis the first entry of the one
 * becomes the first of the other, the second the second.
 *
 * <p>Their entries must lie alike along each axis, and where an operator puts values together or
 * takes them apart, in the same parts: a channel that is padding and then a filter's can't become
 * one that is a filter's and then padding.
 */
public final class Likeness {
  private final Coupling coupling;
  private final long[] kinds;

  private Likeness(Coupling coupling) {
    this.coupling = coupling;
    this.kinds = new long[coupling.channels()];
  }

  /** A number for each channel, the same for those alike; negative where one has to stay. */
  public static long[] of(Coupling coupling) {
    return new Likeness(coupling).kinds();
  }

  private long[] kinds() {
    coupling.axes().forEach(axis -> offsets(coupling.channelsAlong(axis)));
    Map<String, List<Axis>> axes =
        coupling.axes().stream().collect(Collectors.groupingBy(Axis::value));
    for (Node node : coupling.view().graph().nodes()) {
      switch (node.op()) {
        case "Concat", "Pad" -> parts(axes, node.outputs().getFirst(), node.inputs());
        case "Split", "Slice" -> parts(axes, node.inputs().getFirst(), node.outputs());
        default -> {}
      }
    }
    for (Balance balance : coupling.balances()) { // their entries are in other blocks
      stay(coupling.channelsAlong(balance.along()));
    }
    return kinds;
  }

  private void offsets(int... along) {
    var firsts = new HashMap<Integer, Integer>();
    for (int index = 0; index < along.length; index++) {
      int channel = along[index];
      if (channel >= 0) {
        Integer first = firsts.putIfAbsent(channel, index);
        add(channel, first == null ? 0 : index - first);
      }
    }
  }

  private void parts(Map<String, List<Axis>> axes, String whole, List<String> parts) {
    axes.getOrDefault(whole, List.of()).forEach(axis -> parts(axis, parts));
  }

  private void parts(Axis whole, List<String> parts) {
    int[] along = coupling.channelsAlong(whole);
    int from = 0;
    for (String name : parts) {
      int[] part = coupling.channelsAlong(new Axis(name, whole.axis()));
      if (part.length > 0 && part.length < along.length) {
        int at = find(part, along, from);
        if (at < 0) {
          stay(along);
          return;
        }
        part(along, at, at + part.length);
        from = at + part.length;
      }
    }
  }

  private static int find(int[] part, int[] whole, int from) {
    for (int at = from; at + part.length <= whole.length; at++) {
      if (Arrays.equals(part, 0, part.length, whole, at, at + part.length)) {
        return at;
      }
    }
    return -1;
  }

  /** Says of the first, second... entry of each channel whether it's in the part. */
  private void part(int[] whole, int from, int to) {
    Map<Integer, Integer> ranks = new HashMap<>();
    for (int index = 0; index < whole.length; index++) {
      int channel = whole[index];
      if (channel >= 0) {
        int rank = ranks.merge(channel, 1, Integer::sum);
        if (index >= from && index < to) {
          add(channel, rank);
        }
      }
    }
    ranks.keySet().forEach(channel -> add(channel, 0)); // where the part ends
  }

  private void stay(int... along) {
    for (int channel : along) {
      if (channel >= 0) {
        kinds[channel] = -1;
      }
    }
  }

  private void add(int channel, int number) {
    if (kinds[channel] >= 0) {
      kinds[channel] = (31 * kinds[channel] + number) & Long.MAX_VALUE;
    }
  }
}
