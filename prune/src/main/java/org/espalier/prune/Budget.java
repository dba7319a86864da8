package org.espalier.prune;

import java.util.Locale;
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

  /** The share of each free group's channels that go. */
  record Channels(double share) implements Budget {
    public Channels {
      if (!(share >= 0 && share < 1)) {
        throw new InvalidInputException(
            "budget channels=%s: expected a share of channels, from 0 up to but not 1"
                .formatted(share));
      }
    }

    @Override
    public String toString() {
      return "channels=" + share;
    }
  }

  /**
   * The residual blocks that go.
   *
   * @param amount how many; below 1, the share of all that may go
   */
  record Blocks(double amount) implements Budget {
    public Blocks {
      if (!(amount >= 0 && (amount < 1 || amount == Math.rint(amount)))) {
        throw new InvalidInputException(
            "budget blocks=%s: expected how many residual blocks, or a share below 1"
                .formatted(amount));
      }
    }

    /** How many of {@code all} blocks go. */
    public int of(int all) {
      return (int) (amount < 1 ? Math.round(amount * all) : amount);
    }

    @Override
    public String toString() {
      return amount < 1 ? "blocks=" + amount : "blocks=" + Math.round(amount);
    }
  }

  /** What a model may cost at most where channels are removed. */
  enum Unit {
    /** Multiply-accumulates of one example. */
    MACS,

    /** The size of the file. */
    BYTES,

    /** Milliseconds of one example, measured on this machine. */
    LATENCY;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What the model may cost at most.
   *
   * @param amount in the unit, or of what the original costs where {@code relative}
   */
  record Cost(Unit unit, double amount, boolean relative) implements Budget {
    public Cost {
      if (!(amount > 0 && amount < Double.POSITIVE_INFINITY) || (relative && amount > 1)) {
        throw new InvalidInputException(
            "budget %s=%s%s: expected %s"
                .formatted(
                    unit,
                    amount,
                    relative ? "x" : "",
                    relative ? "a share of the original's, above 0 and at most 1x" : "above 0"));
      }
    }

    @Override
    public String toString() {
      return unit + "=" + written(amount);
    }

    /** An amount in the budget's own terms, such as {@code 0.6x} or {@code 12.5ms}. */
    public String written(double value) {
      if (relative) {
        return value + "x";
      }
      return unit == Unit.LATENCY ? value + "ms" : String.valueOf(Math.round(value));
    }
  }

  /** How many points of accuracy may be lost at most. */
  record AccuracyLoss(double points) implements Budget {
    public AccuracyLoss {
      if (!(points >= 0 && points < 100)) {
        throw new InvalidInputException(
            "budget accuracy=%s: expected the points that may be lost, such as -0.5"
                .formatted(-points));
      }
    }

    @Override
    public String toString() {
      return "accuracy=" + -points;
    }
  }

  /** Parses a budget such as {@code sparsity=0.9}, {@code macs=0.6x} or {@code bytes=10MB}. */
  static Budget parse(String text) {
    String[] parts = text.split("=", 2);
    if (parts.length < 2) {
      throw unknown(text);
    }
    String value = parts[1];
    boolean relative = value.endsWith("x");
    try {
      return switch (parts[0]) {
        case "sparsity" -> new Sparsity(Double.parseDouble(value));
        case "channels" -> new Channels(Double.parseDouble(value));
        case "blocks" -> new Blocks(Double.parseDouble(value));
        case "params" ->
            relative ? new ParameterShare(share(value)) : new Parameters(Long.parseLong(value));
        case "macs", "bytes", "latency" -> {
          Unit unit = Unit.valueOf(parts[0].toUpperCase(Locale.ROOT));
          yield new Cost(unit, relative ? share(value) : amount(unit, value), relative);
        }
        case "accuracy" -> new AccuracyLoss(0.0 - Double.parseDouble(value));
        default -> throw unknown(text);
      };
    } catch (NumberFormatException malformed) {
      throw new InvalidInputException(
          "budget '%s': '%s' is no number".formatted(text, value), malformed);
    }
  }

  private static InvalidInputException unknown(String text) {
    return new InvalidInputException(
        ("budget '%s'; expected sparsity=0.9, params=0.5x or params=100000, and where channels"
                + " go channels=0.5 or blocks=3, macs=0.6x, bytes=10MB, latency=0.6x or 12ms,"
                + " accuracy=-0.5")
            .formatted(text));
  }

  private static double share(String value) {
    return Double.parseDouble(value.substring(0, value.length() - 1));
  }

  private static double amount(Unit unit, String value) {
    String suffix = value.replaceFirst("^[-+0-9.eE]*", "");
    double number = Double.parseDouble(value.substring(0, value.length() - suffix.length()));
    double scale =
        switch (suffix) {
          case "" -> 1;
          case "k", "kB" -> 1e3;
          case "M", "MB" -> 1e6;
          case "G", "GB" -> 1e9;
          case "kiB", "KiB" -> 1 << 10;
          case "MiB" -> 1 << 20;
          case "GiB" -> 1 << 30;
          case "ms" -> 1;
          case "s" -> 1e3;
          default -> throw new NumberFormatException(value);
        };
    boolean time = suffix.equals("ms") || suffix.equals("s");
    if (time != (unit == Unit.LATENCY) || (unit == Unit.MACS && suffix.endsWith("B"))) {
      throw new NumberFormatException(value);
    }
    return number * scale;
  }

  /**
   * How many of {@code prunable} weights go, in a model with {@code parameters} in all of which
   * {@code zeros} outside the prunable weights are zero already.
   *
   * @throws InvalidInputException where pruning every weight but one a layer would not be enough,
   *     or where zeros alone can't meet such a budget
   */
  default long pruned(long prunable, long parameters, long zeros) {
    long prune =
        switch (this) {
          case Sparsity(double share) -> Math.round(share * prunable);
          case Parameters(long count) -> parameters - zeros - count;
          case ParameterShare(double share) -> parameters - zeros - Math.round(share * parameters);
          case Channels _, Blocks _, Cost _, AccuracyLoss _ ->
              throw new InvalidInputException(
                  ("budget %s: this method makes zeros, which takes sparsity=0.9 or params=0.5x;"
                          + " methods that remove channels, such as l1-filter, take this one")
                      .formatted(this));
        };
    if (prune > prunable) {
      throw new InvalidInputException(
          "budget %s: %d weights would have to go, and %d are prunable"
              .formatted(this, prune, prunable));
    }
    return Math.max(0, prune);
  }
}
