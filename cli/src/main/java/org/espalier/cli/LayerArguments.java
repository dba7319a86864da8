package org.espalier.cli;

import java.util.Set;
import org.espalier.prune.Allocation;
import picocli.CommandLine.Option;

/** The options that say which layers lose weights, and how much each. */
final class LayerArguments {
  @Option(
      names = "--allocation",
      paramLabel = "NAME",
      description =
          "How weights that go are spread over the layers: uniform, global, erk and more; the"
              + " method's own by default.")
  String allocation;

  @Option(
      names = "--keep-dense",
      split = ",",
      paramLabel = "NAME",
      description = "Weights or nodes that stay as they are.")
  Set<String> dense = Set.of();

  /** The allocation asked for, or null. */
  Allocation allocation() {
    return allocation == null ? null : Allocation.parse(allocation);
  }
}
