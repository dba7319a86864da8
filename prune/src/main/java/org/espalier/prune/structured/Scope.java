package org.espalier.prune.structured;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.espalier.graph.InvalidInputException;

/** Which channels compete: the lowest scores of each scope go first. */
public sealed interface Scope {
  /** All channels of the network in one ranking. */
  record Global() implements Scope {
    @Override
    public String toString() {
      return "global";
    }
  }

  /** Each group by itself: the same share of every group. */
  record PerGroup() implements Scope {
    @Override
    public String toString() {
      return "group";
    }
  }

  /**
   * Groups whose weights have the same shapes compete, and all such classes lose the same share
   * (Isomorphic Pruning, Fang et al., 2024): scores of unlike layers are never compared.
   */
  record Isomorphic() implements Scope {
    @Override
    public String toString() {
      return "isomorphic";
    }
  }

  /**
   * Each group by itself, with a share of its own.
   *
   * @param shares how much of a group may go at most, in [0, 1], by its name or one of its weights;
   *     groups that aren't named stay
   */
  record Shares(Map<String, Double> shares) implements Scope {
    public Shares {
      shares = Map.copyOf(shares);
      shares.forEach(
          (group, share) -> {
            if (!(share >= 0 && share <= 1)) {
              throw new InvalidInputException(
                  "scope %s=%s: expected a share of its channels, from 0 to 1"
                      .formatted(group, share));
            }
          });
    }

    @Override
    public String toString() {
      return "shares of " + shares.size() + " groups";
    }
  }

  /** Parses {@code global}, {@code group}, {@code isomorphic} or {@code WEIGHT=0.5,WEIGHT=0.3}. */
  static Scope parse(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "global" -> new Global();
      case "group", "layer", "uniform" -> new PerGroup();
      case "isomorphic" -> new Isomorphic();
      default -> shares(text);
    };
  }

  private static Scope shares(String text) {
    var shares = new LinkedHashMap<String, Double>();
    for (String part : text.split(",", -1)) {
      int equals = part.lastIndexOf('=');
      try {
        shares.put(
            part.substring(0, Math.max(0, equals)),
            Double.parseDouble(part.substring(equals + 1).strip()));
      } catch (NumberFormatException malformed) {
        throw new InvalidInputException(
            "scope '%s'; expected global, group, isomorphic or WEIGHT=0.5,WEIGHT=0.3"
                .formatted(text),
            malformed);
      }
    }
    return new Shares(shares);
  }
}
