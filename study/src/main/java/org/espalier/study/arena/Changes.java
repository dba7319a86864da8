package org.espalier.study.arena;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a pruned network's answers differ from those of the dense one.
 *
 * @param lost how many examples only the dense network gets right
 * @param won how many only the pruned network gets right
 * @param answers the first {@link #SHOWN} of both kinds by their numbers in the test part, each
 *     with the class that the pruned network gives it
 */
public record Changes(int lost, int won, Map<Integer, Integer> answers) {
  /** How many of a kind are kept to be shown. */
  static final int SHOWN = 24;

  public Changes {
    answers = Collections.unmodifiableMap(new TreeMap<>(answers));
  }

  /** Compares the answers to the same examples. */
  static Changes of(int[] labels, int[] dense, int[] pruned) {
    int lost = 0;
    int won = 0;
    var answers = new TreeMap<Integer, Integer>();
    for (int k = 0; k < labels.length; k++) {
      boolean before = dense[k] == labels[k];
      boolean after = pruned[k] == labels[k];
      if (before == after) {
        continue;
      }
      if ((before ? lost++ : won++) < SHOWN) {
        answers.put(k, pruned[k]);
      }
    }
    return new Changes(lost, won, answers);
  }
}
