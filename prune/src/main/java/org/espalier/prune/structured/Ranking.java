package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Role;

/**
 * The order in which channels go: any beginning of it is a removal within the scope's rules. Ties
 * go by position: the earlier channel of the earlier group first.
 */
public final class Ranking {
  private Ranking() {}

  /** The channels that may go, by their numbers in the coupling, first to last. */
  public static int[] of(List<Scored> groups, Scope scope, Subject subject) {
    return switch (scope) {
      case Scope.Global() -> merged(List.of(groups), List.of(1.0));
      case Scope.PerGroup() -> merged(groups.stream().map(List::of).toList(), ones(groups.size()));
      case Scope.Isomorphic() -> {
        List<List<Scored>> classes = isomorphic(groups, subject);
        yield merged(classes, ones(classes.size()));
      }
      case Scope.Shares(Map<String, Double> shares) -> shared(groups, shares);
    };
  }

  private static List<Double> ones(int count) {
    return Collections.nCopies(count, 1.0);
  }

  private static int[] shared(List<Scored> groups, Map<String, Double> shares) {
    var pools = new ArrayList<List<Scored>>();
    var rates = new ArrayList<Double>();
    var unused = new LinkedHashMap<>(shares);
    for (Scored scored : groups) {
      Group group = scored.group();
      Optional<String> name = nameIn(shares.keySet(), group);
      if (name.isPresent()) {
        double share = shares.get(name.get());
        unused.remove(name.get());
        int most = (int) Math.min(scored.most(), Math.round(share * group.size()));
        if (most > 0) {
          pools.add(List.of(new Scored(group, scored.scores(), most)));
          rates.add(share);
        }
      }
    }
    if (!unused.isEmpty()) {
      throw new InvalidInputException(
          "no prunable group has a weight '%s'".formatted(unused.keySet().iterator().next()));
    }
    return merged(pools, rates);
  }

  /** Which of these names a group goes by: its own, or else that of a weight that makes it. */
  static Optional<String> nameIn(Set<String> names, Group group) {
    return names.contains(group.name())
        ? Optional.of(group.name())
        : group.members().stream()
            .filter(member -> member.role() == Role.PRODUCER)
            .map(member -> member.weight().value())
            .filter(names::contains)
            .findFirst();
  }

  /** A channel, and how far along its pool it goes. */
  private record Place(double progress, int channel) {}

  /**
   * The pools' own orders merged, so that at any point all pools have gone equally far in
   * proportion to their rates.
   */
  private static int[] merged(List<List<Scored>> pools, List<Double> rates) {
    var places = new ArrayList<Place>();
    for (int pool = 0; pool < pools.size(); pool++) {
      int[] order = order(pools.get(pool));
      double size = pools.get(pool).stream().mapToInt(scored -> scored.group().size()).sum();
      for (int k = 0; k < order.length; k++) {
        places.add(new Place((k + 0.5) / (size * rates.get(pool)), order[k]));
      }
    }
    places.sort(Comparator.comparingDouble(Place::progress)); // stable: the earlier pool first
    return places.stream().mapToInt(Place::channel).toArray();
  }

  /** The channels of groups that compete, by score; as many of each as may go. */
  private static int[] order(List<Scored> pool) {
    var places = new ArrayList<Place>();
    for (Scored scored : pool) {
      for (int k = 0; k < scored.scores().length; k++) {
        if (Double.isNaN(scored.scores()[k])) {
          throw new InvalidInputException(
              "channel %d of group '%s' has a NaN score".formatted(k, scored.group().name()));
        }
        places.add(new Place(scored.scores()[k] + 0.0, scored.group().first() + k));
      }
    }
    places.sort(Comparator.comparingDouble(Place::progress));
    int[] left = pool.stream().mapToInt(Scored::most).toArray();
    int[] firsts = pool.stream().mapToInt(scored -> scored.group().first()).toArray();
    return places.stream()
        .mapToInt(Place::channel)
        .filter(
            channel -> {
              int at = Arrays.binarySearch(firsts, channel);
              return left[at >= 0 ? at : -at - 2]-- > 0;
            })
        .toArray();
  }

  /** Groups whose weights have the same shapes along the same axes in the same roles. */
  private static List<List<Scored>> isomorphic(List<Scored> groups, Subject subject) {
    return List.copyOf(
        groups.stream()
            .collect(
                Collectors.groupingBy(
                    scored -> shape(scored.group(), subject),
                    LinkedHashMap::new,
                    Collectors.toList()))
            .values());
  }

  private static String shape(Group group, Subject subject) {
    return group.size()
        + group.members().stream()
            .map(member -> shape(member, subject))
            .sorted()
            .collect(Collectors.joining(";"));
  }

  private static String shape(Member member, Subject subject) {
    Tensor weight = subject.weight(member);
    Axis axis = member.weight();
    return member.role() + " " + axis.axis() + " of " + Arrays.toString(weight.dims());
  }
}
