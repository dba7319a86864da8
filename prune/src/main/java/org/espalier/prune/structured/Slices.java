package org.espalier.prune.structured;

import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;

/** The slices that a group's channels have in one weight. */
final class Slices {
  private Slices() {}

  /** The sum of what its elements are worth, for each channel of the group. */
  static double[] sums(Group group, Member member, Tensor values, Criterion.Worth worth) {
    double[] sums = new double[group.size()];
    int[] channels = member.channels();
    int inner = Math.toIntExact(values.stride(member.weight().axis()));
    int outer = (int) (values.size() / Math.max(1, (long) inner * channels.length));
    for (int o = 0; o < outer; o++) {
      for (int c = 0; c < channels.length; c++) {
        if (channels[c] >= 0) {
          int first = (o * channels.length + c) * inner;
          double sum = 0;
          for (int index = first; index < first + inner; index++) {
            sum += worth.of(index, values.realAt(index));
          }
          sums[channels[c]] += sum;
        }
      }
    }
    return sums;
  }

  /** The elements of each channel, one row a channel; rows are equally long where shapes allow. */
  static float[][] rows(Group group, Member member, Tensor values) {
    int[] channels = member.channels();
    int inner = Math.toIntExact(values.stride(member.weight().axis()));
    int outer = (int) (values.size() / Math.max(1, (long) inner * channels.length));
    int[] lengths = new int[group.size()];
    for (int channel : channels) {
      if (channel >= 0) {
        lengths[channel] += outer * inner;
      }
    }
    float[][] rows = new float[group.size()][];
    for (int k = 0; k < rows.length; k++) {
      rows[k] = new float[lengths[k]];
    }
    int[] filled = new int[group.size()];
    for (int c = 0; c < channels.length; c++) {
      for (int o = 0; o < outer && channels[c] >= 0; o++) {
        int first = (o * channels.length + c) * inner;
        for (int index = first; index < first + inner; index++) {
          rows[channels[c]][filled[channels[c]]++] = (float) values.realAt(index);
        }
      }
    }
    return rows;
  }
}
