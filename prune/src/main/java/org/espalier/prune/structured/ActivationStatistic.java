package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.evidence.InputStatistics;
import org.espalier.prune.evidence.Need;

/**
 * How lively a channel is, as the layers see it that read it: a mean over what they read, and over
 * the layers.
 */
public enum ActivationStatistic implements GroupSaliency {
  /** The mean square: attention as in adaptive activation-based pruning, with exponent 2. */
  MEAN_SQUARE {
    @Override
    double of(InputStatistics inputs, int group, int column) {
      return inputs.squares()[group * inputs.columns() + column] / inputs.rows();
    }
  },

  /** The variance: a channel that hardly changes can be a constant. */
  VARIANCE {
    @Override
    double of(InputStatistics inputs, int group, int column) {
      return inputs.variance(group, column);
    }
  },

  /** The share of activations that aren't zero: one less the average percentage of zeros. */
  NONZEROS {
    @Override
    double of(InputStatistics inputs, int group, int column) {
      return 1 - inputs.zeros()[group * inputs.columns() + column] / inputs.rows();
    }
  };

  abstract double of(InputStatistics inputs, int group, int column);

  @Override
  public Set<Need> needs() {
    return Set.of(Need.INPUTS);
  }

  @Override
  public Optional<String> silence(Group group, Subject subject) {
    return Readers.silence(group, subject);
  }

  @Override
  public double[] score(Group group, Subject subject) {
    List<Member> readers = Readers.of(group, subject);
    double[][] means = new double[readers.size()][];
    for (int k = 0; k < means.length; k++) {
      means[k] = means(group, readers.get(k), subject);
    }
    return Reduction.MEAN.of(means);
  }

  private double[] means(Group group, Member reader, Subject subject) {
    InputStatistics inputs = subject.evidence().inputs(reader.weight().value());
    int[] columns = Readers.columns(reader, subject.weight(reader));
    double[] sums = new double[group.size()];
    int[] counts = new int[group.size()];
    for (int matrix = 0; matrix < inputs.groups(); matrix++) {
      for (int column = 0; column < Math.min(columns.length, inputs.columns()); column++) {
        int channel = columns[column];
        if (channel >= 0) {
          sums[channel] += of(inputs, matrix, column);
          counts[channel]++;
        }
      }
    }
    Arrays.setAll(sums, channel -> counts[channel] == 0 ? 0 : sums[channel] / counts[channel]);
    return sums;
  }
}
