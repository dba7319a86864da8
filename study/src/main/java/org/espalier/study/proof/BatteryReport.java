package org.espalier.study.proof;

import java.util.List;
import org.espalier.prune.coupling.Coupling;

/**
 * What the battery found on one model.
 *
 * @param failures trials of which something did not hold
 * @param maxRelativeError the largest error of all comparisons, see {@link Comparison}
 * @param parameters of the model, before any removal
 * @param prunableShare the share of them with at least one prunable axis
 * @param groups how many prunable groups there are
 * @param consumerZero trials in which channels were read through weights alone, so that zero
 *     weights prove the removal too
 * @param doubled comparisons that were decided in double precision
 * @param frozen what can't be removed
 * @param failed the trials that failed; {@code --trials 1 --seed} with its seed repeats one
 * @param note what else there is to say; often empty
 */
public record BatteryReport(
    int trials,
    int failures,
    double maxRelativeError,
    long parameters,
    double prunableShare,
    int groups,
    int channels,
    int consumerZero,
    int doubled,
    long seed,
    String inputsHash,
    List<Reason> frozen,
    List<Failed> failed,
    String note) {
  public BatteryReport {
    frozen = List.copyOf(frozen);
    failed = List.copyOf(failed);
  }

  /** A value that must keep its channels along an axis, the node that says so, and why. */
  public record Reason(String value, String node, String reason) {}

  /** A trial that failed: what did not hold, and what was removed. */
  public record Failed(long seed, List<String> reasons, List<RemovedGroup> removed) {
    public Failed {
      reasons = List.copyOf(reasons);
      removed = List.copyOf(removed);
    }
  }

  static List<Reason> reasons(Coupling coupling) {
    return coupling.frozen().stream()
        .map(frozen -> new Reason(frozen.value().toString(), frozen.node(), frozen.reason()))
        .toList();
  }

  /** The model holds what it was asked to. */
  public boolean holds() {
    return failures == 0;
  }
}
