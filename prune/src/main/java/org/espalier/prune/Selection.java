package org.espalier.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.evidence.Evidence;

/**
 * The choice of what goes, from scores, a pattern and an allocation: the lowest scores of each
 * scope, exactly as many as asked, ties broken by position (the lowest flat index goes first, and
 * between layers the earlier layer).
 *
 * <p>Blocks go whole, so a count between two blocks is reached from below. An N:M pattern fixes its
 * own share, and the count asked for is not looked at.
 */
public record Selection(Pattern pattern, Allocation allocation) {

  /**
   * Masks with {@code prune} weights gone, over all layers.
   *
   * @param scores of each layer, in the order of {@code layers}
   */
  public Masks masks(List<Layer> layers, List<Scores> scores, long prune) {
    return masks(new Demand(layers, scores, pattern, prune, Evidence.NONE, 0));
  }

  /** Masks as the demand asks for them, with this selection's pattern. */
  Masks masks(Demand demand) {
    List<Layer> layers = demand.layers();
    List<Scores> scores = demand.scores();
    long prune = demand.prune();
    var masks = new LinkedHashMap<String, Mask>();
    if (pattern instanceof Pattern.OfEvery ofEvery) {
      for (int k = 0; k < layers.size(); k++) {
        masks.put(layers.get(k).weight(), ofEvery(layers.get(k), scores.get(k), ofEvery));
      }
      return new Masks(masks);
    }
    long most = LongStream.of(demand.most()).sum();
    if (prune < 0 || prune > most) {
      throw new InvalidInputException(
          "%d of %d weights to prune, expected 0 to %d: each of %d layers keeps one at least"
              .formatted(prune, demand.size(), most, demand.size() - most));
    }
    if (allocation == Allocation.GLOBAL) {
      pruneLowest(units(demand), prune, masks);
    } else if (prune > 0) {
      long[] counts = allocation.counts(demand);
      if (pattern instanceof Pattern.Block block) {
        pruneBlocks(units(demand), counts, (long) block.rows() * block.columns(), masks);
        return new Masks(masks);
      }
      for (int k = 0; k < counts.length; k++) {
        BitSet kept = Mask.all(layers.get(k).size()).bits();
        kept.andNot(scores.get(k).lowest(counts[k]));
        masks.put(layers.get(k).weight(), Mask.keeping(layers.get(k).size(), kept));
      }
    } else {
      layers.forEach(layer -> masks.put(layer.weight(), Mask.all(layer.size())));
    }
    return new Masks(masks);
  }

  private List<Units> units(Demand demand) {
    return IntStream.range(0, demand.layers().size())
        .mapToObj(k -> Units.of(demand.layers().get(k), demand.scores().get(k), pattern))
        .toList();
  }

  /**
   * Prunes the lowest blocks of each layer. What layers miss of their counts, as blocks go whole,
   * makes up blocks for those that miss most.
   */
  private static void pruneBlocks(
      List<Units> layers, long[] counts, long block, Map<String, Mask> masks) {
    long[] missing = new long[counts.length];
    for (int k = 0; k < counts.length; k++) {
      missing[k] = counts[k] - pruned(layers.get(k), counts[k], masks);
    }
    long rest = LongStream.of(missing).sum();
    int[] byMissing =
        IntStream.range(0, counts.length)
            .boxed()
            .sorted(Comparator.comparingLong(k -> -missing[k]))
            .mapToInt(k -> k)
            .toArray();
    for (int k : byMissing) {
      if (rest >= block && missing[k] > 0) {
        long before = counts[k] - missing[k];
        rest -= pruned(layers.get(k), before + block, masks) - before;
      }
    }
  }

  private static long pruned(Units layer, long prune, Map<String, Mask> masks) {
    pruneLowest(List.of(layer), prune, masks);
    return masks.get(layer.layer().weight()).pruned();
  }

  /** Prunes the lowest units of one scope, and puts a mask for each of its layers. */
  private static void pruneLowest(List<Units> scope, long prune, Map<String, Mask> masks) {
    int[] starts = new int[scope.size() + 1];
    for (int k = 0; k < scope.size(); k++) {
      starts[k + 1] = Math.addExact(starts[k], scope.get(k).count());
    }
    var kept = new ArrayList<BitSet>();
    int[] left = new int[scope.size()];
    for (int k = 0; k < scope.size(); k++) {
      kept.add(Mask.all(scope.get(k).layer().size()).bits());
      left[k] = scope.get(k).count();
    }
    long rest = prune;
    for (int ranked : ranking(scope, starts)) {
      int k = layerOf(ranked, starts);
      int size = scope.get(k).size(ranked - starts[k]);
      if (size > rest) {
        break;
      }
      if (left[k] > scope.get(k).least()) {
        scope.get(k).prune(ranked - starts[k], kept.get(k));
        left[k]--;
        rest -= size;
      }
    }
    for (int k = 0; k < scope.size(); k++) {
      Layer layer = scope.get(k).layer();
      masks.put(layer.weight(), Mask.keeping(layer.size(), kept.get(k)));
    }
  }

  /** All units of the scope, numbered through, by score and then by position. */
  private static int[] ranking(List<Units> scope, int[] starts) {
    int[][] orders = scope.stream().map(Selection::byPosition).toArray(int[][]::new);
    long[] keys = new long[starts[scope.size()]];
    // A float's bits made ascending for signed comparison in the high half; where the unit stands
    // in its layer decides ties, through the stable order of the numbers in the low half.
    for (int k = 0; k < scope.size(); k++) {
      Units units = scope.get(k);
      for (int place = 0; place < orders[k].length; place++) {
        keys[starts[k] + place] =
            Scores.ascending(units.score(orders[k][place])) << 32 | (starts[k] + place);
      }
    }
    Arrays.parallelSort(keys);
    int[] ranking = new int[keys.length];
    for (int k = 0; k < keys.length; k++) {
      int numbered = (int) keys[k];
      int layer = layerOf(numbered, starts);
      ranking[k] = starts[layer] + orders[layer][numbered - starts[layer]];
    }
    return ranking;
  }

  private static int[] byPosition(Units units) {
    if (!units.layer().transposed()) {
      return IntStream.range(0, units.count()).toArray();
    }
    return IntStream.range(0, units.count())
        .mapToLong(unit -> (long) units.position(unit) << 32 | unit)
        .sorted()
        .mapToInt(position -> (int) position)
        .toArray();
  }

  private static int layerOf(int ranked, int[] starts) {
    int found = Arrays.binarySearch(starts, ranked);
    int layer = found >= 0 ? found : -found - 2;
    while (starts[layer + 1] == starts[layer]) {
      layer++;
    }
    return layer;
  }

  private static Mask ofEvery(Layer layer, Scores scores, Pattern.OfEvery pattern) {
    BitSet kept = Mask.all(layer.size()).bits();
    for (int row = 0; row < layer.rows(); row++) {
      for (int first = 0; first < layer.columns(); first += pattern.group()) {
        int last = Math.min(first + pattern.group(), layer.columns());
        for (int excess = last - first - pattern.kept(); excess > 0; excess--) {
          int lowest = -1;
          for (int column = first; column < last; column++) {
            int index = layer.index(row, column);
            if (kept.get(index) && (lowest < 0 || scores.at(index) < scores.at(lowest))) {
              lowest = index;
            }
          }
          kept.clear(lowest);
        }
      }
    }
    return Mask.keeping(layer.size(), kept);
  }
}
