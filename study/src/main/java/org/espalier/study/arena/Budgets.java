package org.espalier.study.arena;

import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Budget;
import org.espalier.prune.Pattern;

/** The budgets of a contest. */
public final class Budgets {
  private Budgets() {}

  /** Parses {@code sparsity=0.5,0.7}: a value without a key has the key before it. */
  public static List<Budget> parse(String text) {
    var budgets = new ArrayList<Budget>();
    String key = "";
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals >= 0) {
        key = part.substring(0, equals + 1).strip();
      }
      if (key.isEmpty()) {
        throw new InvalidInputException(
            "budgets '%s': the first has no key; expected such as sparsity=0.5,0.7"
                .formatted(text));
      }
      budgets.add(Budget.parse(key + part.substring(equals + 1).strip()));
    }
    return List.copyOf(budgets);
  }

  /** What is compared at where the user doesn't say. */
  static List<Budget> usual(String pattern) {
    if (pattern.equals(Contest.STRUCTURED)) {
      return parse("channels=0.1,0.3,0.5,0.7,0.9");
    }
    if (Pattern.parse(pattern) instanceof Pattern.OfEvery(int kept, int group)) {
      return List.of(new Budget.Sparsity(1 - (double) kept / group));
    }
    return parse("sparsity=0.5,0.7,0.8,0.9,0.95");
  }
}
