package org.espalier.prune;

import java.util.Collection;
import java.util.stream.Collectors;

/** A node that has weights which are not pruned, and why: nothing is skipped in silence. */
public record Skipped(String node, String reason) {
  private static final int SHOWN = 3;

  /**
   * The first few with their reasons, to be put behind a message; empty where there are none.
   *
   * @param what is said of them, such as "skipped"
   */
  public static String reasons(String what, Collection<Skipped> skipped) {
    String some =
        skipped.stream()
            .limit(SHOWN)
            .map(one -> "'" + one.node() + "': " + one.reason())
            .collect(Collectors.joining("; "));
    String more = skipped.size() > SHOWN ? "; and %d more".formatted(skipped.size() - SHOWN) : "";
    return skipped.isEmpty() ? "" : "; " + what + ": " + some + more;
  }
}
