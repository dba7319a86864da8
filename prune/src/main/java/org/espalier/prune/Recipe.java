package org.espalier.prune;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;

/**
 * A method with its settings, ready to be applied: one point in the product of method, pattern,
 * allocation and budget.
 *
 * @param dense names of weights or nodes that stay dense
 * @param seed for methods that draw
 * @param stages in how many the budget is reached, see {@link WeightMethod#stages}
 */
public record Recipe(
    Method method,
    Pattern pattern,
    Allocation allocation,
    Budget budget,
    Set<String> dense,
    long seed,
    int stages) {

  public Recipe {
    dense = Set.copyOf(dense);
    if (stages < 1) {
      throw new InvalidInputException(stages + " stages, expected 1 or more");
    }
  }

  /** The method of this name with its own defaults: unstructured, half of the weights. */
  public static Recipe named(String name) {
    return of(Methods.named(name));
  }

  /** A method with its own defaults: unstructured, half of the weights. */
  public static Recipe of(Method method) {
    return new Recipe(
        method,
        new Pattern.Unstructured(),
        method.allocation(),
        new Budget.Sparsity(0.5),
        Set.of(),
        0,
        method instanceof WeightMethod pruning ? pruning.stages() : 1);
  }

  public Recipe sparsity(double share) {
    return budget(new Budget.Sparsity(share));
  }

  public Recipe budget(Budget budget) {
    return new Recipe(method, pattern, allocation, budget, dense, seed, stages);
  }

  public Recipe pattern(Pattern pattern) {
    return new Recipe(method, pattern, allocation, budget, dense, seed, stages);
  }

  public Recipe allocation(Allocation allocation) {
    return new Recipe(method, pattern, allocation, budget, dense, seed, stages);
  }

  public Recipe keepDense(Set<String> dense) {
    return new Recipe(method, pattern, allocation, budget, dense, seed, stages);
  }

  /** In so many stages instead of the method's own. */
  public Recipe stages(int stages) {
    return new Recipe(method, pattern, allocation, budget, dense, seed, stages);
  }

  public Recipe seed(long seed) {
    return new Recipe(method, pattern, allocation, budget, dense, seed, stages);
  }

  /** The prunable layers of a model, less those that this recipe keeps dense. */
  public Layers layers(Model model) {
    Layers all = Layers.of(model);
    for (String name : dense) {
      if (all.layers().stream().noneMatch(layer -> names(layer, name))) {
        throw new InvalidInputException(
            "nothing prunable is named '%s', which was to stay dense".formatted(name));
      }
    }
    return all.only(
        layer -> dense.stream().noneMatch(name -> names(layer, name)), "kept dense as asked");
  }

  /** What is to be observed of a model: the method's needs and the allocation's. */
  public Set<Need> needs() {
    var needs = EnumSet.noneOf(Need.class);
    if (method instanceof WeightMethod pruning) {
      needs.addAll(pruning.needs());
    }
    needs.addAll(allocation.needs());
    return needs;
  }

  /** What of that is observed before the first layer is pruned; the rest is layer by layer. */
  public Set<Need> beforehand() {
    Set<Need> needs = needs();
    if (method instanceof WeightMethod pruning && pruning.inSequence() && !allocation.ranks()) {
      needs.removeAll(Set.of(Need.INPUTS, Need.GRAM, Need.ROWS));
    }
    return needs;
  }

  private static boolean names(Layer layer, String name) {
    return layer.weight().equals(name) || layer.node().label().equals(name);
  }

  /** Prunes a finished model with a method that needs its weights alone. */
  public Outcome apply(Model model) {
    return apply(model, Evidence.NONE);
  }

  /** Prunes a finished model; what the method needs to know is observed on these data. */
  public Outcome apply(Model model, Calibration calibration) {
    try (Evidence evidence = Evidence.of(model, layers(model).weights(), calibration)) {
      return apply(model, evidence);
    }
  }

  /**
   * Prunes a finished model; the budget is met exactly, or the certificate says why not.
   *
   * @param evidence of this very model; it stays open
   */
  public Outcome apply(Model model, Evidence evidence) {
    WeightMethod pruning = pruning();
    Layers layers = layers(model);
    if (layers.layers().isEmpty()) {
      throw new InvalidInputException(
          "the model has no prunable weights" + Skipped.reasons("skipped", layers.skipped()));
    }
    Count before = Count.of(model);
    long nonzeros = layers.layers().stream().mapToLong(layer -> layer.tensor().nonzeros()).sum();
    long zeros = before.parameters() - before.nonzeros() - (layers.size() - nonzeros);
    long prune = budget.pruned(layers.size(), before.parameters(), zeros);
    Map<String, Solution> solutions = Map.of();
    Model pruned = model;
    int last = pattern instanceof Pattern.OfEvery ? 1 : stages;
    for (int stage = 1; stage <= last; stage++) {
      long gone = Counts.along(layers.size(), nonzeros, prune, (double) stage / last);
      if (stage == 1) {
        solutions = solutions(pruning, pruned, gone, evidence);
      } else {
        try (Evidence anew = evidence.on(pruned, evidence.weights())) {
          solutions = solutions(pruning, pruned, gone, anew);
        }
      }
      pruned = Solution.replaced(pruned, solutions);
    }
    var byWeight = new LinkedHashMap<String, Mask>();
    solutions.forEach((weight, solution) -> byWeight.put(weight, solution.mask()));
    var masks = new Masks(byWeight);
    return new Outcome(pruned, masks, certificate(layers, masks, prune, before, Count.of(pruned)));
  }

  private WeightMethod pruning() {
    About about = method.about();
    if (method.trains()) {
      throw new InvalidInputException(
          "method '%s' prunes while the network trains: use 'espalier train'"
              .formatted(about.name()));
    }
    if (!(method instanceof WeightMethod pruning)) {
      throw new InvalidInputException(
          "method '%s' takes out no single weights; its patterns are: %s"
              .formatted(about.name(), String.join(", ", about.patterns())));
    }
    if (!about.patterns().contains(pattern.kind())) {
      throw new InvalidInputException(
          "method '%s' doesn't prune in pattern %s; its patterns are: %s"
              .formatted(about.name(), pattern, String.join(", ", about.patterns())));
    }
    return pruning;
  }

  private Map<String, Solution> solutions(
      WeightMethod pruning, Model model, long prune, Evidence evidence) {
    evidence.gather(beforehand());
    List<Layer> layers = layers(model).layers();
    var task = new Task(model, layers, pattern, allocation, prune, evidence, seed);
    Map<String, Solution> solutions = pruning.prune(task);
    var checked = new LinkedHashMap<String, Solution>();
    for (Layer layer : layers) {
      Solution solution = solutions.get(layer.weight());
      checked.put(layer.weight(), solution.checked(layer, method.about().name()));
    }
    return checked;
  }

  private Certificate certificate(
      Layers layers, Masks masks, long prune, Count before, Count after) {
    String reached =
        switch (budget) {
          case Budget.Sparsity _ -> "sparsity=" + masks.sparsity();
          case Budget.Parameters _ -> "params=" + after.nonzeros();
          case Budget.ParameterShare _ ->
              "params=" + (double) after.nonzeros() / before.parameters() + "x";
          case Budget.Channels _, Budget.Blocks _, Budget.Cost _, Budget.AccuracyLoss _ ->
              throw new AssertionError(budget); // refused by Budget.pruned
        };
    String note = "";
    if (masks.pruned() != prune) {
      note =
          "%d weights were to go and %d went: pattern %s allows no nearer count"
              .formatted(prune, masks.pruned(), pattern);
    }
    return new Certificate(
        method.about().name(),
        pattern.toString(),
        allocation.name(),
        seed,
        budget.toString(),
        reached,
        note,
        before,
        after,
        layers.layers().stream()
            .map(
                layer ->
                    new Certificate.LayerResult(
                        layer.weight(),
                        layer.node().label(),
                        layer.size(),
                        masks.byWeight().get(layer.weight()).pruned()))
            .toList(),
        layers.skipped());
  }
}
