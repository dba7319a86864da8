package org.espalier.prune.structured;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Role;
import org.espalier.prune.evidence.Evidence;

/** Groups made by hand, for tests of one part. */
final class Groups {
  private Groups() {}

  /** Channels {@code 0..size-1} along an axis. */
  static Member member(String weight, int axis, Role role, int size) {
    return new Member(new Axis(weight, axis), role, IntStream.range(0, size).toArray());
  }

  /** A convolution's filters, its normalisation and the next convolution's inputs. */
  static Group convNormConv(String name, int first, int size) {
    return new Group(
        name + ".w1",
        first,
        size,
        List.of(
            member(name + ".w1", 0, Role.PRODUCER, size),
            member(name + ".bias", 0, Role.PRODUCER, size),
            member(name + ".gamma", 0, Role.PRODUCER, size),
            member(name + ".mean", 0, Role.PRODUCER, size),
            member(name + ".w2", 1, Role.CONSUMER, size)));
  }

  /** The weights and what they are. */
  static Subject subject(Map<String, Tensor> weights) {
    var kinds = new HashMap<String, WeightKind>();
    weights.forEach(
        (name, tensor) ->
            kinds.put(
                name,
                tensor.rank() > 1
                    ? WeightKind.MATRIX
                    : name.endsWith("gamma")
                        ? WeightKind.SCALE
                        : name.endsWith("mean") ? WeightKind.STATISTIC : WeightKind.BIAS));
    return new Subject(null, weights, kinds, Evidence.NONE, 7);
  }

  /** Groups of these sizes, numbered through, with scores that rise along each. */
  static List<Scored> rising(int... sizes) {
    int[] first = new int[1];
    return IntStream.of(sizes)
        .mapToObj(
            size -> {
              Group group = new Group("g" + first[0], first[0], size, List.of());
              first[0] += size;
              double[] scores =
                  IntStream.range(0, size).mapToDouble(k -> group.first() + k).toArray();
              return new Scored(group, scores, size - 1);
            })
        .toList();
  }

  static Map<String, Tensor> weights() {
    return new LinkedHashMap<>();
  }
}
