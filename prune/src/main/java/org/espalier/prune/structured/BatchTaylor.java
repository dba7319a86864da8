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
 * (sum of w g)² of a channel's filters, averaged over batches (Molchanov et al., 2019): how much
 * the loss of a batch changes without them, to first order. The mean gradient would not do, as
 * batches that pull in opposite directions, such as those of a trained network, cancel out in it.
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
    List<Member> filters = seen(Part.FILTERS.of(group, subject));
    // Channels that no filter makes go by what there is.
    List<Member> members = filters.isEmpty() ? seen(group.members()) : filters;
    double[] scores = new double[group.size()];
    for (Member member : members) {
      int[] channels = member.channels();
      List<double[]> batches = sums.get(member.weight());
      for (double[] batch : batches) {
        double[] changes = new double[scores.length];
        for (int c = 0; c < channels.length; c++) {
          if (channels[c] >= 0) {
            changes[channels[c]] += batch[c];
          }
        }
        for (int k = 0; k < scores.length; k++) {
          scores[k] += changes[k] * changes[k] / batches.size();
        }
      }
    }
    return scores;
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
