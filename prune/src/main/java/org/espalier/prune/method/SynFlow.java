package org.espalier.prune.method;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Pattern;
import org.espalier.prune.Scores;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;

/**
 * Iterative synaptic flow (Tanaka et al., 2020): weights go by their share in the {@link
 * SynapticFlow}, in many rounds between which the flow is computed anew. All layers' shares sum to
 * the same, so that a layer's last weights are worth most, and none is emptied.
 */
public final class SynFlow implements WeightMethod {
  private final int rounds;

  public SynFlow() {
    this(100);
  }

  /**
   * @param rounds in which the budget is reached; the share that is kept falls geometrically
   */
  public SynFlow(int rounds) {
    if (rounds < 1) {
      throw new InvalidInputException(rounds + " rounds, expected 1 or more");
    }
    this.rounds = rounds;
  }

  @Override
  public About about() {
    return About.of(
            "synflow",
            "Iterative synaptic flow pruning",
            "Keeps the weights on the strongest paths from the inputs to the outputs, without data;"
                + " for networks before training, at any sparsity: it never cuts the network in"
                + " two.")
        .paper("Tanaka et al.", 2020, "arXiv:2006.05467")
        .patterns("unstructured", "N:M", "block")
        .needs("weights");
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    var masks = new LinkedHashMap<String, Mask>();
    task.layers().forEach(l -> masks.put(l.weight(), Mask.ofNonzeros(l.tensor())));
    long size = task.layers().stream().mapToLong(Layer::size).sum();
    long standing = masks.values().stream().mapToLong(Mask::kept).sum();
    double kept = Math.min(1, (double) (size - task.prune()) / Math.max(1, standing));
    // A pattern fixes all at once; an allocation's evidence is of the network before any round.
    boolean once =
        task.pattern() instanceof Pattern.OfEvery || !task.allocation().needs().isEmpty();
    int last = once ? 1 : rounds;
    try (var flow = SynapticFlow.of(task.model(), task.layers())) {
      for (int round = 1; round <= last; round++) {
        long gone = size - Math.round(standing * Math.pow(kept, (double) round / last));
        long prune = round == last ? task.prune() : gone;
        Masks chosen = task.withPrune(prune).select(scores(flow, task.layers(), masks));
        chosen.byWeight().forEach(flow::prune);
        masks.putAll(chosen.byWeight());
      }
    }
    var solutions = new LinkedHashMap<String, Solution>();
    task.layers()
        .forEach(l -> solutions.put(l.weight(), Solution.masked(l, masks.get(l.weight()))));
    return solutions;
  }

  private static List<Scores> scores(
      SynapticFlow flow, List<Layer> layers, Map<String, Mask> masks) {
    List<Scores> all = flow.scores(layers);
    var within = new ArrayList<Scores>();
    for (int k = 0; k < layers.size(); k++) {
      within.add(all.get(k).within(masks.get(layers.get(k).weight())));
    }
    return within;
  }
}
