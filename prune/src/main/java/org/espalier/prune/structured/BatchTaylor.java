package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.evidence.Need;

/**
 * The slope of a batch's loss in a gate on a channel, squared and averaged over batches (Molchanov
 * et al., 2019): how much the loss changes without the channel, to first order. The mean gradient
 * would not do, as batches that pull in opposite directions, such as those of a trained network,
 * cancel out in it.
 *
 * <p>Of a channel that layers read the slope is the sum of w g over all weights that read it,
 * whatever lies between filter and reader, such as a batch normalisation, whose shift no filter
 * knows of. Only where not all readers are observed is it the sum over its filters.
 */
public final class BatchTaylor implements GroupSaliency {
  /** For each axis of each weight, batch by batch, the sums of w g over all other axes. */
  private Map<Axis, List<double[]>> sums;

  @Override
  public Set<Need> needs() {
    return Set.of(Need.LOSS);
  }

  @Override
  public double[] score(Group group, Subject subject) {
    if (sums == null) {
      sums = sums(subject);
    }
    List<Member> members = gates(group, subject);
    int batches = members.isEmpty() ? 0 : sums.get(members.getFirst().weight()).size();
    double[] scores = new double[group.size()];
    for (int batch = 0; batch < batches; batch++) {
      double[] slopes = new double[scores.length];
      for (Member member : members) {
        int[] channels = member.channels();
        double[] sum = sums.get(member.weight()).get(batch);
        for (int k = 0; k < channels.length; k++) {
          if (channels[k] >= 0) {
            slopes[channels[k]] += sum[k];
          }
        }
      }
      for (int channel = 0; channel < scores.length; channel++) {
        scores[channel] += slopes[channel] * slopes[channel] / batches;
      }
    }
    return scores;
  }

  /** What sums of w g make a channel's slope. */
  private List<Member> gates(Group group, Subject subject) {
    List<Member> readers = Part.READERS.of(group, subject);
    if (!readers.isEmpty() && seen(readers).equals(readers)) {
      return readers;
    }
    List<Member> filters = seen(Part.FILTERS.of(group, subject));
    // Channels that no filter makes go by what there is.
    return filters.isEmpty() ? seen(group.members()) : filters;
  }

  private List<Member> seen(List<Member> members) {
    return members.stream().filter(member -> sums.containsKey(member.weight())).toList();
  }

  private static Map<Axis, List<double[]>> sums(Subject subject) {
    var sums = new HashMap<Axis, List<double[]>>();
    subject
        .evidence()
        .forEachBatch(
            (model, inputs, targets) ->
                model
                    .gradients(subject.evidence().loss(inputs, targets))
                    .forEach(
                        (name, gradient) -> {
                          Tensor weight = model.parameters().get(name).detach();
                          Tensor product = gradient.detach().mul(weight).to(ScalarType.Double);
                          for (int axis = 0; axis < product.dim(); axis++) {
                            sums.computeIfAbsent(new Axis(name, axis), _ -> new ArrayList<>())
                                .add(along(product, axis));
                          }
                        }));
    return sums;
  }

  private static double[] along(Tensor product, int axis) {
    long[] others = LongStream.range(0, product.dim()).filter(other -> other != axis).toArray();
    Tensor sum =
        others.length == 0 ? product : product.sum(others, false, new ScalarTypeOptional());
    double[] values = new double[Math.toIntExact(product.size(axis))];
    sum.contiguous().data_ptr_double().get(values);
    return values;
  }
}
