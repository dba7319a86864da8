package org.espalier.prune.structured;

import java.util.List;
import org.espalier.prune.Account;
import org.espalier.prune.Count;
import org.espalier.prune.Skipped;

/**
 * What was asked of a removal of channels, what was done, and what was left out.
 *
 * @param asked the budget as the user gave it
 * @param reached the budget in the same unit as it came out
 * @param note why asked and reached differ, empty where they don't
 * @param measured what was measured on the way, where a budget asks for it
 * @param groups what happened to each group of channels
 * @param prunableShare of the parameters, those along whose axes channels may go
 * @param skipped what had to stay, and why
 */
public record ChannelCertificate(
    String method,
    String scope,
    String granularity,
    int steps,
    long seed,
    String asked,
    String reached,
    String note,
    List<Measured> measured,
    Count before,
    Count after,
    List<Width> groups,
    double prunableShare,
    List<Skipped> skipped)
    implements Account {

  /** A group, by the name of the weight that makes its channels, and how many it has. */
  public record Width(String group, int before, int after) {}

  /** What the model had of the budget's unit with so many channels gone. */
  public record Measured(int channels, double value) {}

  public ChannelCertificate {
    measured = List.copyOf(measured);
    groups = List.copyOf(groups);
    skipped = List.copyOf(skipped);
  }
}
