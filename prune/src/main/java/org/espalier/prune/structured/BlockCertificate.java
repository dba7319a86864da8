package org.espalier.prune.structured;

import java.util.List;
import org.espalier.prune.Account;
import org.espalier.prune.Count;
import org.espalier.prune.Skipped;

/**
 * What was asked of a removal of blocks, what was done, and what was left out.
 *
 * @param asked the budget as the user gave it
 * @param reached the budget in the same unit as it came out
 * @param note why asked and reached differ, empty where they don't
 * @param blocks how many residual blocks the original has
 * @param removed those that went, the first to go first
 * @param skipped blocks that had to stay, and why
 */
public record BlockCertificate(
    String method,
    int steps,
    long seed,
    String asked,
    String reached,
    String note,
    Count before,
    Count after,
    int blocks,
    List<Gone> removed,
    List<Skipped> skipped)
    implements Account {

  /**
   * A block that went, by the node that adds it, its score and the parameters that went with it.
   */
  public record Gone(String block, double score, long parameters) {}

  public BlockCertificate {
    removed = List.copyOf(removed);
    skipped = List.copyOf(skipped);
  }
}
