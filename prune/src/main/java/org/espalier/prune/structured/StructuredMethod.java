package org.espalier.prune.structured;

import java.util.Set;
import org.espalier.prune.Method;
import org.espalier.prune.evidence.Need;

/** A method after which a network is physically smaller: without channels, or without blocks. */
public sealed interface StructuredMethod extends Method permits ChannelMethod, BlockMethod {
  /** What is to be observed of the network beforehand. */
  default Set<Need> needs() {
    return Set.of();
  }

  /**
   * In how many steps the budget is reached where the user doesn't say. Before each, what may go is
   * found and scored again on the network as it is then.
   */
  default int steps() {
    return 1;
  }
}
