package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Role;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.TorchModel;

/**
 * How far mean and standard deviation of the network's outputs move while nothing reads a channel
 * (LD-Pruner, Castells et al., 2024): {@code |mean - mean'| + |std - std'|} over examples without
 * labels.
 *
 * <p>Each score is a pass over {@value #EXAMPLES} examples. Networks with more than {@value
 * #PASSES} channels are scored in blocks of neighbouring channels of a group, as many as keep the
 * passes near that number; a channel's score is its share of its block's.
 */
public final class OutputShift implements GroupSaliency {
  static final int PASSES = 256;
  private static final int EXAMPLES = 32;

  private final int passes;
  private List<Map<String, Tensor>> inputs;
  private OutputMoments dense;

  public OutputShift() {
    this(PASSES);
  }

  OutputShift(int passes) {
    this.passes = passes;
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.OUTPUTS);
  }

  @Override
  public Optional<String> silence(Group group, Subject subject) {
    List<Member> readers = readers(group);
    if (readers.isEmpty()) {
      return Optional.of("no weight reads its channels, so that they can't be masked");
    }
    return readers.stream().allMatch(member -> subject.weight(member).type().isFloat())
        ? Optional.empty()
        : Optional.of("quantised weights read its channels, which can't be masked");
  }

  private static List<Member> readers(Group group) {
    return group.members().stream().filter(member -> member.role() == Role.CONSUMER).toList();
  }

  @Override
  public double[] score(Group group, Subject subject) {
    if (inputs == null) {
      inputs = OutputMoments.inputs(subject.evidence().calibration(), EXAMPLES);
    }
    int block = Math.max(1, Math.ceilDiv(subject.coupling().channels(), passes));
    double[] scores = new double[group.size()];
    try (TorchModel model = TorchModel.of(subject.coupling().model())) {
      if (dense == null) {
        dense = OutputMoments.of(model, inputs);
      }
      var whole = new LinkedHashMap<String, Tensor>();
      for (Member member : readers(group)) {
        String weight = member.weight().value();
        whole.put(weight, model.weights().get(weight).copy());
      }
      for (int from = 0; from < scores.length; from += block) {
        int to = Math.min(scores.length, from + block);
        for (Member member : readers(group)) {
          zero(model.weights().get(member.weight().value()), member, from, to);
        }
        double shift = OutputMoments.of(model, inputs).distance(dense);
        Arrays.fill(scores, from, to, shift / (to - from));
        whole.forEach((name, saved) -> model.weights().get(name).data().copyFrom(saved.data()));
      }
    }
    return scores;
  }

  /** Sets the weights to zero that read the channels {@code from} to {@code to - 1}. */
  private static void zero(Tensor weight, Member member, int from, int to) {
    int[] channels = member.channels();
    long inner = weight.stride(member.weight().axis());
    for (long row = 0; row < weight.size() / inner; row++) {
      int channel = channels[(int) (row % channels.length)];
      for (long k = 0; channel >= from && channel < to && k < inner; k++) {
        weight.setFloat(row * inner + k, 0);
      }
    }
  }
}
