package org.espalier.prune.structured;

import java.util.List;
import java.util.Optional;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;

/** The layers that read a group's channels and whose inputs are observed. */
final class Readers {
  private Readers() {}

  static List<Member> of(Group group, Subject subject) {
    return Part.READERS.of(group, subject).stream()
        .filter(member -> subject.evidence().weights().contains(member.weight().value()))
        .toList();
  }

  static Optional<String> silence(Group group, Subject subject) {
    return of(group, subject).isEmpty()
        ? Optional.of("no layer whose inputs are observed reads its channels")
        : Optional.empty();
  }

  /**
   * The channel of each column of a layer's inputs, relative to the group; -1 for a column of
   * another. A convolution has a column for each input and place in its window.
   */
  static int[] columns(Member member, Tensor weight) {
    int[] channels = member.channels();
    if (member.weight().axis() != 1 || weight.rank() < 3) {
      return channels;
    }
    int window = (int) (weight.size() / weight.dim(0) / weight.dim(1));
    int[] columns = new int[channels.length * window];
    for (int column = 0; column < columns.length; column++) {
      columns[column] = channels[column / window];
    }
    return columns;
  }
}
