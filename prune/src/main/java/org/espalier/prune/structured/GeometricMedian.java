package org.espalier.prune.structured;

import java.util.List;
import java.util.stream.IntStream;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;

/**
 * The sum of a filter's distances to all others of its group (FPGM, He et al., 2019): the filter
 * nearest to the geometric median is the one that the others replace best. Summed over the weights
 * that make the channels.
 */
public final class GeometricMedian implements GroupSaliency {
  @Override
  public double[] score(Group group, Subject subject) {
    List<Member> filters = Part.FILTERS.of(group, subject);
    List<Member> members = filters.isEmpty() ? group.members() : filters;
    double[][] distances = new double[members.size()][];
    for (int k = 0; k < distances.length; k++) {
      distances[k] = distances(Slices.rows(group, members.get(k), subject.weight(members.get(k))));
    }
    return Reduction.SUM.of(distances);
  }

  /** The sum of each row's distances to all rows. */
  static double[] distances(float[][] rows) {
    return IntStream.range(0, rows.length)
        .parallel()
        .mapToDouble(
            k -> {
              double sum = 0;
              for (float[] other : rows) {
                sum += distance(rows[k], other);
              }
              return sum;
            })
        .toArray();
  }

  private static double distance(float[] a, float[] b) {
    float sum = 0;
    for (int k = 0; k < Math.min(a.length, b.length); k++) {
      float difference = a[k] - b[k];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }
}
