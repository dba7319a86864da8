package org.espalier.prune.allocation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;
import org.espalier.prune.Scores;

/**
 * Each squared weight as a share of all those of its scope that are at least as large: the largest
 * of a scope scores 1, whatever its scale.
 */
final class TailShares {
  private TailShares() {}

  /**
   * The demand with these scores.
   *
   * @param scope tells the layers apart whose weights are compared with each other
   */
  static Demand of(Demand demand, Function<Layer, String> scope) {
    Map<String, List<Integer>> scopes = new LinkedHashMap<>();
    for (int k = 0; k < demand.layers().size(); k++) {
      scopes.computeIfAbsent(scope.apply(demand.layers().get(k)), _ -> new ArrayList<>()).add(k);
    }
    Scores[] scores = new Scores[demand.layers().size()];
    scopes.values().forEach(members -> score(demand, members, scores));
    return demand.withScores(List.of(scores));
  }

  private static void score(Demand demand, List<Integer> members, Scores[] scores) {
    int[] starts = new int[members.size() + 1];
    for (int m = 0; m < members.size(); m++) {
      starts[m + 1] = Math.addExact(starts[m], demand.layers().get(members.get(m)).size());
    }
    long[] keys = new long[starts[members.size()]];
    for (int m = 0; m < members.size(); m++) {
      Layer layer = demand.layers().get(members.get(m));
      for (int k = 0; k < layer.size(); k++) {
        int bits = Float.floatToIntBits(Math.abs(layer.tensor().floatAt(k)));
        keys[starts[m] + k] = (long) bits << 32 | (starts[m] + k);
      }
    }
    Arrays.parallelSort(keys);
    float[] shares = new float[keys.length];
    double tail = 0;
    for (int place = keys.length - 1; place >= 0; place--) {
      double magnitude = Float.intBitsToFloat((int) (keys[place] >>> 32));
      double square = magnitude * magnitude;
      tail += square;
      shares[(int) keys[place]] = square == 0 ? 0 : (float) (square / tail);
    }
    for (int m = 0; m < members.size(); m++) {
      int k = members.get(m);
      int start = starts[m];
      Layer layer = demand.layers().get(k);
      scores[k] =
          Scores.of(layer, (row, column, weight) -> shares[start + layer.index(row, column)])
              .within(demand.standing(k));
    }
  }
}
