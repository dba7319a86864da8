package org.espalier.prune;

import org.espalier.graph.InvalidInputException;

/** How much may stay, in the user's unit. */
public sealed interface Budget {
  /** The share of prunable weights that go. */
  record Sparsity(double share) implements Budget {
    public Sparsity {
      if (!(share >= 0 && share < 1)) {
        throw new InvalidInputException(
            "budget sparsity=%s: expected a share of weights, from 0 up to but not 1"
                .formatted(share));
      }
    }

    @Override
    public String toString() {
      return "sparsity=" + share;
    }
  }

  /** How many non-zero parameters the whole model may keep, biases and norms included. */
  record Parameters(long count) implements Budget {
    public Parameters {
      if (count < 1) {
        throw new InvalidInputException("budget params=" + count + ": expected 1 or more");
      }
    }

    @Override
    public String toString() {
      return "params=" + count;
    }
  }

  /** The share of the model's parameters that may stay non-zero, as in {@code params=0.5x}. */
  record ParameterShare(double share) implements Budget {
    public ParameterShare {
      if (!(share > 0 && share <= 1)) {
        throw new InvalidInputException(
            "budget params=%sx: expected a share of the parameters, above 0 and at most 1x"
                .formatted(share));
      }
    }

    @Override
    public String toString() {
      return "params=" + share + "x";
    }
  }

  /** Parses {@code sparsity=0.9}, {@code params=0.5x} or {@code params=100000}. */
  static Budget parse(String text) {
    String[] parts = text.split("=", 2);
    if (parts.length == 2) {
      try {
        switch (parts[0]) {
          case "sparsity" -> {
            return new Sparsity(Double.parseDouble(parts[1]));
          }
          case "params" -> {
            return parts[1].endsWith("x")
                ? new ParameterShare(
                    Double.parseDouble(parts[1].substring(0, parts[1].length() - 1)))
                : new Parameters(Long.parseLong(parts[1]));
          }
          default -> {}
        }
      } catch (NumberFormatException malformed) {
        throw new InvalidInputException(
            "budget '%s': '%s' is no number".formatted(text, parts[1]), malformed);
      }
    }
    throw new InvalidInputException(
        "budget '%s'; expected sparsity=0.9, params=0.5x or params=100000".formatted(text));
  }

  /**
   * How many of {@code prunable} weights go, in a model with {@code parameters} in all of which
   * {@code zeros} outside the prunable weights are zero already.
   *
   * @throws InvalidInputException where pruning every weight but one a layer would not be enough
   */
  default long pruned(long prunable, long parameters, long zeros) {
    long prune =
        switch (this) {
          case Sparsity(double share) -> Math.round(share * prunable);
          case Parameters(long count) -> parameters - zeros - count;
          case ParameterShare(double share) -> parameters - zeros - Math.round(share * parameters);
        };
    if (prune > prunable) {
      throw new InvalidInputException(
          "budget %s: %d weights would have to go, and %d are prunable"
              .formatted(this, prune, prunable));
    }
    return Math.max(0, prune);
  }
}
