package org.espalier.prune.repair;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Role;

/**
 * What a channel that stays is made of.
 *
 * @param sources channels by their numbers in the coupling
 * @param made their shares in what it makes
 * @param read their shares in how it is read
 */
record Mixture(int[] sources, double[] made, double[] read) {
  static final double[] WHOLE = {1};

  static Mixture alone(int channel) {
    return new Mixture(new int[] {channel}, WHOLE, WHOLE);
  }

  /** The channels of a group that stay, with what is carried to each of them. */
  static Map<Integer, Mixture> of(Group group, Removal removal, Folded folded, IntraFusion fusion) {
    var mixtures = new HashMap<Integer, Mixture>();
    double[][] channels = descriptions(group, folded, group.members());
    double[][] makers = descriptions(group, folded, makers(group));
    int[] kept =
        IntStream.range(0, group.size()).filter(k -> removal.keeps(group.first() + k)).toArray();
    double[] masses = new double[group.size()];
    for (int k = 0; k < masses.length; k++) {
      double norm = Arrays.stream(makers[k]).map(Math::abs).sum();
      masses[k] =
          fusion.mass() == IntraFusion.Mass.UNIFORM
              ? kept.length
              : Math.max(norm, Double.MIN_NORMAL);
    }
    double all = Arrays.stream(masses).sum();
    double stays = Arrays.stream(kept).mapToDouble(k -> masses[k]).sum();
    double[] demand = Arrays.stream(kept).mapToDouble(k -> masses[k] * all / stays).toArray();
    double[][] plan = Transport.plan(distances(channels, kept), masses, demand);
    for (int to = 0; to < kept.length; to++) {
      int sink = to;
      int[] from =
          IntStream.range(0, group.size()).filter(source -> plan[source][sink] > 0).toArray();
      double received = Arrays.stream(from).mapToDouble(source -> plan[source][sink]).sum();
      double[] read = Arrays.stream(from).mapToDouble(k -> plan[k][sink] / masses[k]).toArray();
      double[] averaged = Arrays.stream(from).mapToDouble(k -> plan[k][sink] / received).toArray();
      int[] sources = Arrays.stream(from).map(k -> group.first() + k).toArray();
      mixtures.put(
          group.first() + kept[to], new Mixture(sources, fusion.single() ? read : averaged, read));
    }
    return mixtures;
  }

  private static List<Member> makers(Group group) {
    return group.members().stream().filter(member -> member.role() == Role.PRODUCER).toList();
  }

  /** A channel's slices, one after the other; those folded into others are none. */
  private static double[][] descriptions(Group group, Folded folded, List<Member> members) {
    var all = new double[group.size()][0];
    for (Member member : members) {
      Slab slab = folded.weights().get(member.weight().value());
      for (int channel = 0; slab != null && channel < all.length; channel++) {
        double[] slice = slab.slices(member.weight().axis(), member.positions(channel));
        if (!Arrays.stream(slice).allMatch(Double::isFinite)) {
          throw new InvalidInputException(
              "channel %d of '%s' has weights that aren't finite"
                  .formatted(channel, member.weight().value()));
        }
        int length = all[channel].length;
        all[channel] = Arrays.copyOf(all[channel], length + slice.length);
        System.arraycopy(slice, 0, all[channel], length, slice.length);
      }
    }
    return all;
  }

  /** L1 distances of unit vectors, from all channels to those that stay. */
  private static double[][] distances(double[][] channels, int[] kept) {
    double[][] units = new double[channels.length][];
    for (int k = 0; k < units.length; k++) {
      double norm = Math.sqrt(Arrays.stream(channels[k]).map(v -> v * v).sum());
      units[k] = Arrays.stream(channels[k]).map(v -> norm == 0 ? 0 : v / norm).toArray();
    }
    return IntStream.range(0, units.length)
        .parallel()
        .mapToObj(
            from -> Arrays.stream(kept).mapToDouble(to -> l1(units[from], units[to])).toArray())
        .toArray(double[][]::new);
  }

  private static double l1(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < Math.min(a.length, b.length); k++) {
      sum += Math.abs(a[k] - b[k]);
    }
    return sum;
  }
}
