package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Role;
import org.espalier.prune.evidence.Gram;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * Channels by how badly the layers that read them can do without, when their other inputs make up
 * for it as well as they can: the criterion of OBSPA (Wang et al., 2024).
 *
 * <p>A group's channels are eliminated one after the other, the least missed first. A channel's
 * score is the error that the readers have made by the time it goes, relative to their outputs, so
 * that groups can be compared.
 *
 * @param damping what is added to the Gram matrices' diagonals, as a share of their mean
 */
public record Surgeon(double damping) implements GroupSaliency {
  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRAM);
  }

  @Override
  public double[] score(Group group, Subject subject) {
    List<BlockElimination> readers = readers(group, subject);
    double[] scores = new double[group.size()];
    boolean[] gone = new boolean[group.size()];
    double error = 0;
    for (int left = group.size(); left > 0; left--) {
      double[] costs = new double[group.size()];
      for (BlockElimination reader : readers) {
        double[] own = reader.costs();
        for (int k = 0; k < costs.length; k++) {
          costs[k] += own[k];
        }
      }
      int least = -1;
      for (int k = 0; k < costs.length; k++) {
        if (!gone[k] && (least < 0 || costs[k] < costs[least])) {
          least = k;
        }
      }
      gone[least] = true;
      error += Math.max(0, costs[least]);
      scores[least] = error;
      if (left > 1) {
        int block = least;
        readers.forEach(reader -> reader.eliminate(block));
      }
    }
    return scores;
  }

  @Override
  public Optional<String> silence(Group group, Subject subject) {
    boolean read = group.members().stream().anyMatch(member -> isReader(group, member, subject));
    return read ? Optional.empty() : Optional.of("no observed layer reads its channels");
  }

  private static boolean isReader(Group group, Member member, Subject subject) {
    return member.role() == Role.CONSUMER
        && subject.kind(member) == WeightKind.MATRIX
        && subject.evidence().weights().contains(member.weight().value())
        && blocks(group, member, 1).isPresent();
  }

  private List<BlockElimination> readers(Group group, Subject subject) {
    var readers = new ArrayList<BlockElimination>();
    for (Layer layer : Layers.of(subject.coupling().model()).layers()) {
      for (Member member : group.members()) {
        boolean plain = layer.node().is("Conv") || layer.tensor().rank() == 2;
        if (plain
            && member.weight().value().equals(layer.weight())
            && isReader(group, member, subject)) {
          Gram gram = subject.evidence().gram(layer.weight());
          if (gram.groups() == 1) {
            readers.add(reader(layer, gram, group, member));
          }
        }
      }
    }
    return readers;
  }

  private BlockElimination reader(Layer layer, Gram gram, Group group, Member member) {
    try (var _ = new PointerScope()) {
      Tensor values = LinearAlgebra.real(Libtorch.view(layer.tensor()));
      Tensor weights = layer.transposed() ? values.t() : values.reshape(layer.rows(), -1);
      Tensor all = Libtorch.view(gram.matrix(0));
      Tensor inverse = LinearAlgebra.inverse(LinearAlgebra.damped(all, damping));
      int each = layer.columns() / member.channels().length;
      long[] columns = blocks(group, member, each).orElseThrow();
      Tensor index = Libtorch.view(BlockElimination.index(columns, group.size()));
      return new BlockElimination(weights, all, inverse, index);
    }
  }

  /**
   * The columns of each channel, one channel after the other.
   *
   * @param each how many columns an index of the member's axis has
   * @return empty where channels differ in how many they have, or some have none
   */
  private static Optional<long[]> blocks(Group group, Member member, int each) {
    int[] channels = member.channels();
    int[] counts = new int[group.size()];
    for (int channel : channels) {
      if (channel >= 0) {
        counts[channel]++;
      }
    }
    int width = counts[0];
    if (width == 0 || Arrays.stream(counts).anyMatch(count -> count != width)) {
      return Optional.empty();
    }
    long[] columns = new long[group.size() * width * each];
    int[] filled = new int[group.size()];
    for (int index = 0; index < channels.length; index++) {
      int channel = channels[index];
      for (int k = 0; k < each && channel >= 0; k++) {
        columns[channel * width * each + filled[channel]++] = (long) index * each + k;
      }
    }
    return Optional.of(columns);
  }
}
