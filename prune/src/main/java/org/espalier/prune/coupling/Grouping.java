package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/**
 * Makes groups of tied entries: those whose entries lie on the same axes, each as often. Axes are
 * compared by the sum of a hash of each.
 */
final class Grouping {
  private final Model model;
  private final Model view;
  private final Ties ties;
  private final Map<String, Tensor> parameters;
  private final Roles roles;
  private final List<Frozen> refused;
  private final List<Seam> seams;
  private final List<Balance> balances;
  private final Classes classes;

  /** The roots that are channels. */
  private final BitSet prunable;

  /** By root: the channel's number, or -1. */
  private final int[] channels;

  /** The first channel of each group, in order, and the end. */
  private final List<Integer> firsts = new ArrayList<>();

  /** The weight that makes each group, the first of several, or else the seam. */
  private final List<Axis> names = new ArrayList<>();

  Grouping(
      Model model,
      Model view,
      Ties ties,
      Map<String, Tensor> parameters,
      Roles roles,
      List<Frozen> refused,
      List<Seam> seams,
      List<Balance> balances) {
    this.seams = seams;
    this.balances = balances;
    this.model = model;
    this.view = view;
    this.ties = ties;
    this.parameters = parameters;
    this.roles = roles;
    this.refused = refused;
    this.classes = new Classes(ties, parameters, roles, seams);
    this.prunable = classes.prunable();
    this.channels = new int[ties.entries()];
    Arrays.fill(channels, -1);
  }

  Coupling coupling(List<Shuffle> shuffles) {
    number(classes.signatures());
    Map<Axis, int[]> along = along();
    return new Coupling(
        model,
        view,
        groups(along),
        new Refusals(ties, parameters, roles, along, refused).frozen(),
        shuffles,
        seams,
        balances.stream().filter(balance -> along.containsKey(balance.along())).toList(),
        along,
        roles.read(),
        share(along));
  }

  /** Numbers channels group by group, in the order of the weights that make them. */
  private void number(long... signatures) {
    var members = new LinkedHashMap<Long, List<Integer>>();
    var first = new HashMap<Long, Axis>();
    var seen = new BitSet();
    parameters.forEach(
        (name, tensor) -> {
          for (int axis = 0; axis < tensor.rank(); axis++) {
            if (roles.of(new Axis(name, axis)) == Role.PRODUCER) {
              collect(new Axis(name, axis), seen, signatures, members, first);
            }
          }
        });
    seams.forEach(seam -> collect(seam.behind(), seen, signatures, members, first));
    int next = 0;
    for (Map.Entry<Long, List<Integer>> group : members.entrySet()) {
      if (group.getValue().size() < 2) {
        continue; // a channel alone can't go
      }
      firsts.add(next);
      names.add(first.get(group.getKey()));
      for (int root : group.getValue()) {
        channels[root] = next++;
      }
    }
    firsts.add(next);
  }

  /** The channels along an axis that weren't seen before. */
  private void collect(
      Axis axis,
      BitSet seen,
      long[] signatures,
      Map<Long, List<Integer>> members,
      Map<Long, Axis> first) {
    int number = ties.number(axis.value(), axis.axis());
    for (int k = number < 0 ? 0 : ties.start(number); number >= 0 && k < ties.end(number); k++) {
      int root = ties.root(k);
      if (prunable.get(root) && !seen.get(root)) {
        seen.set(root);
        members.computeIfAbsent(signatures[root], _ -> new ArrayList<>()).add(root);
        first.putIfAbsent(signatures[root], axis);
      }
    }
  }

  /** The channel of every index of every axis that has any. */
  private Map<Axis, int[]> along() {
    var along = new LinkedHashMap<Axis, int[]>();
    for (int number = 0; number < ties.axes().size(); number++) {
      int start = ties.start(number);
      var of = new int[ties.end(number) - start];
      boolean any = false;
      for (int k = 0; k < of.length; k++) {
        of[k] = channels[ties.root(start + k)];
        any |= of[k] >= 0;
      }
      if (any) {
        along.put(ties.axes().get(number), of);
      }
    }
    return along;
  }

  private List<Group> groups(Map<Axis, int[]> along) {
    int count = firsts.size() - 1;
    var producers = new ArrayList<List<Member>>();
    var consumers = new ArrayList<List<Member>>();
    for (int group = 0; group < count; group++) {
      producers.add(new ArrayList<>());
      consumers.add(new ArrayList<>());
    }
    parameters.forEach(
        (name, tensor) -> {
          for (int axis = 0; axis < tensor.rank(); axis++) {
            var weight = new Axis(name, axis);
            int[] of = along.get(weight);
            if (of != null) {
              Role role = roles.of(weight);
              List<List<Member>> lists = role == Role.PRODUCER ? producers : consumers;
              Arrays.stream(of)
                  .filter(channel -> channel >= 0)
                  .map(this::groupOf)
                  .distinct()
                  .forEach(group -> lists.get(group).add(member(weight, role, group, of)));
            }
          }
        });
    var groups = new ArrayList<Group>();
    for (int group = 0; group < count; group++) {
      List<Member> members = producers.get(group);
      members.addAll(consumers.get(group));
      int first = firsts.get(group);
      groups.add(
          new Group(names.get(group).value(), first, firsts.get(group + 1) - first, members));
    }
    return groups;
  }

  private int groupOf(int channel) {
    int low = 0;
    int high = firsts.size() - 2;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (firsts.get(middle) <= channel) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private Member member(Axis weight, Role role, int group, int... of) {
    int first = firsts.get(group);
    int end = firsts.get(group + 1);
    int[] own = Arrays.stream(of).map(c -> c >= first && c < end ? c - first : -1).toArray();
    return new Member(weight, role, own);
  }

  private double share(Map<Axis, int[]> along) {
    long all = 0;
    long some = 0;
    for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
      Tensor tensor = parameter.getValue();
      all += tensor.size();
      boolean any = false;
      for (int axis = 0; axis < tensor.rank(); axis++) {
        any |= Optional.ofNullable(along.get(new Axis(parameter.getKey(), axis))).isPresent();
      }
      some += any ? tensor.size() : 0;
    }
    return all == 0 ? 0 : (double) some / all;
  }
}
