package org.espalier.prune;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import org.espalier.graph.InvalidInputException;

/** The methods on the class path, ours and third parties'. */
public final class Methods {
  private Methods() {}

  /** All methods, by name. */
  public static List<Method> all() {
    return ServiceLoader.load(Method.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparing(method -> method.about().name()))
        .toList();
  }

  /** The method of this name; an unknown one is an error that names the nearest. */
  public static Method named(String name) {
    List<Method> methods = all();
    return methods.stream()
        .filter(method -> method.about().name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "no method '%s'; nearest: %s ('espalier methods' lists all)"
                        .formatted(
                            name,
                            methods.stream()
                                .map(method -> method.about().name())
                                .min(Comparator.comparingInt(other -> distance(name, other)))
                                .orElse("none"))));
  }

  /** The method of this name, which must be one that scores weights. */
  public static ScoringMethod scoring(String name) {
    if (named(name) instanceof ScoringMethod scoring) {
      return scoring;
    }
    throw new InvalidInputException("method '" + name + "' doesn't score single weights");
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
