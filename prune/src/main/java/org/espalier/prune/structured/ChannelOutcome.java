package org.espalier.prune.structured;

import java.util.List;
import org.espalier.graph.Model;
import org.espalier.prune.coupling.Removal;

/**
 * A network with fewer channels, and the account of how it came about.
 *
 * @param removals what went in each step, of the channels that were found in it
 */
public record ChannelOutcome(Model model, List<Removal> removals, ChannelCertificate certificate) {
  public ChannelOutcome {
    removals = List.copyOf(removals);
  }
}
