package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;

/**
 * How near a channel's hyperplane is to another's (You et al., 2022): a ReLU bends its input where
 * {@code w x + b = 0}, and of two channels that bend it in nearly the same place one can go. The
 * distance of two is {@code 1 - |cos(w_i, w_j)| + rho |b_i - b_j|}, batch normalisation included.
 *
 * <p>Of the nearest pair the channel of smaller norm goes, again and again; its score is the
 * distance at which it went. Where several weights make the channels, their filters count as one,
 * end to end.
 *
 * @param rho what a difference of the biases weighs
 * @param geometric whether hyperplanes are told apart as such: biases relative to the norms, with
 *     their signs where the directions are opposite. The paper compares them as they are, so that a
 *     negated filter with the same bias counts as the same
 */
public record Redundancy(double rho, boolean geometric) implements GroupSaliency {
  public Redundancy {
    if (!(rho >= 0)) {
      throw new InvalidInputException("rho " + rho + ", expected 0 or more");
    }
  }

  private record Pair(double distance, int first, int second) {}

  @Override
  public double[] score(Group group, Subject subject) {
    List<Member> filters = Part.FILTERS.of(group, subject);
    double[][] rows = new double[group.size()][0];
    double[] biases = new double[group.size()];
    for (Member member : filters.isEmpty() ? group.members() : filters) {
      Affine affine = Affine.behind(member, group.size(), subject);
      float[][] slices = Slices.rows(group, member, subject.weight(member));
      for (int channel = 0; channel < rows.length; channel++) {
        rows[channel] = joined(rows[channel], slices[channel], affine.scale()[channel]);
        biases[channel] += affine.bias()[channel];
      }
    }
    return scores(rows, biases);
  }

  /** The scores of hyperplanes, given by their normal vectors and offsets. */
  double[] scores(double[][] rows, double[] biases) {
    double[] norms = Arrays.stream(rows).mapToDouble(row -> Math.sqrt(dot(row, row))).toArray();
    List<Pair> pairs =
        IntStream.range(0, rows.length)
            .parallel()
            .mapToObj(
                i -> {
                  var own = new ArrayList<Pair>();
                  for (int j = i + 1; j < rows.length; j++) {
                    own.add(new Pair(distance(rows, biases, norms, i, j), i, j));
                  }
                  return own;
                })
            .flatMap(List::stream)
            .sorted(Comparator.comparingDouble(Pair::distance))
            .toList();
    double[] scores = new double[rows.length];
    Arrays.fill(scores, Double.NaN);
    double last = 0;
    for (Pair pair : pairs) {
      if (Double.isNaN(scores[pair.first()]) && Double.isNaN(scores[pair.second()])) {
        boolean first = norms[pair.first()] <= norms[pair.second()];
        scores[first ? pair.first() : pair.second()] = pair.distance();
        last = pair.distance();
      }
    }
    double beyond = last + 1;
    return Arrays.stream(scores).map(score -> Double.isNaN(score) ? beyond : score).toArray();
  }

  private double distance(double[][] rows, double[] biases, double[] norms, int i, int j) {
    if (norms[i] == 0 || norms[j] == 0) {
      return 0; // a constant bends nothing
    }
    double cosine = Math.clamp(dot(rows[i], rows[j]) / (norms[i] * norms[j]), -1.0, 1.0);
    double apart =
        geometric
            ? biases[i] / norms[i] - Math.signum(cosine) * biases[j] / norms[j]
            : biases[i] - biases[j];
    return 1 - Math.abs(cosine) + rho * Math.abs(apart);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < Math.min(a.length, b.length); k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }

  private static double[] joined(double[] row, float[] more, double scale) {
    double[] joined = Arrays.copyOf(row, row.length + more.length);
    for (int k = 0; k < more.length; k++) {
      joined[row.length + k] = scale * more[k];
    }
    return joined;
  }
}
