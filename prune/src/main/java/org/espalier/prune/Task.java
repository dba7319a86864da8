package org.espalier.prune;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.prune.evidence.Evidence;

/**
 * What a method is asked to do.
 *
 * @param layers what may be pruned, in graph order
 * @param prune how many of their weights are to be zero in the end, those included that are already
 * @param evidence what was observed of the model
 * @param seed for methods that draw
 */
public record Task(
    Model model,
    List<Layer> layers,
    Pattern pattern,
    Allocation allocation,
    long prune,
    Evidence evidence,
    long seed) {

  public Task {
    layers = List.copyOf(layers);
  }

  /** The same with another number of weights to be zero, for methods that go in rounds. */
  public Task withPrune(long prune) {
    return new Task(model, layers, pattern, allocation, prune, evidence, seed);
  }

  /** The scores of all layers; weights that are zero already score negative infinity. */
  public List<Scores> scores(Saliency saliency) {
    return layers.stream()
        .map(layer -> saliency.score(layer, evidence, seed).within(Mask.ofNonzeros(layer.tensor())))
        .toList();
  }

  /** The masks that the task's pattern and allocation make of these scores. */
  public Masks select(List<Scores> scores) {
    return new Selection(pattern, allocation).masks(demand(scores));
  }

  /** How many weights each layer is to lose; N:M patterns fix their own share. */
  public long[] counts(List<Scores> scores) {
    if (pattern instanceof Pattern.OfEvery) {
      Map<String, Mask> masks = select(scores).byWeight();
      return layers.stream().mapToLong(layer -> masks.get(layer.weight()).pruned()).toArray();
    }
    return allocation.counts(demand(scores));
  }

  private Demand demand(List<Scores> scores) {
    return new Demand(layers, scores, pattern, prune, evidence, seed);
  }

  /** What one layer is to become. */
  @FunctionalInterface
  public interface LayerSolver {
    Solution solve(Layer layer, Goal goal, Evidence evidence);
  }

  /**
   * Solves layer by layer in graph order.
   *
   * @param ranking of weights, for allocations that look at them
   * @param inSequence whether each layer is shown its inputs as the pruned layers before it make
   *     them; else as the dense network does
   */
  public Map<String, Solution> layerByLayer(
      Saliency ranking, boolean inSequence, LayerSolver solver) {
    long[] counts = counts(scores(allocation.ranks() ? ranking : Saliency.none()));
    if (!inSequence) {
      return layerByLayer(counts, evidence, solver);
    }
    try (Evidence sequence = evidence.inSequence()) {
      return layerByLayer(counts, sequence, solver);
    }
  }

  private Map<String, Solution> layerByLayer(long[] counts, Evidence seen, LayerSolver solver) {
    var solutions = new LinkedHashMap<String, Solution>();
    for (int k = 0; k < counts.length; k++) {
      Layer layer = layers.get(k);
      var goal = Goal.of(layer, pattern, counts[k], seed);
      Solution solution = solver.solve(layer, goal, seen);
      seen.replace(layer.weight(), solution.weights());
      solutions.put(layer.weight(), solution);
      layer.tensor().release();
    }
    return solutions;
  }
}
