package org.espalier.graph;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;

/** An executor can't run a model; every node that stands in the way is listed. */
public final class UnsupportedModelException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  /**
   * One node, or a value where {@code op} is empty, or the model where both are, and why it can't
   * be run.
   */
  public record Unsupported(String node, String op, String reason) implements Serializable {
    @Override
    public String toString() {
      if (node.isEmpty() && op.isEmpty()) {
        return reason;
      }
      return "node '" + node + "'" + (op.isEmpty() ? "" : " (" + op + ")") + ": " + reason;
    }
  }

  private final transient List<Unsupported> nodes;

  public UnsupportedModelException(List<Unsupported> nodes) {
    super(nodes.stream().map(Unsupported::toString).collect(Collectors.joining("\n")));
    this.nodes = List.copyOf(nodes);
  }

  /** The nodes in the way, in graph order. */
  public List<Unsupported> nodes() {
    return nodes;
  }
}
