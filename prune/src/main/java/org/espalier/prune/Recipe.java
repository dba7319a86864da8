package org.espalier.prune;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;

/**
 * A method with its settings, ready to be applied: one point in the product of method, pattern,
 * allocation and budget.
 *
 * @param dense names of weights or nodes that stay dense
 * @param seed for methods that draw
 */
public record Recipe(
    Method method,
    Pattern pattern,
    Allocation allocation,
    Budget budget,
    Set<String> dense,
    long seed) {

  public Recipe {
    dense = Set.copyOf(dense);
  }

  /** The method of this name with its own defaults: unstructured, half of the weights. */
  public static Recipe named(String name) {
    Method method = Methods.named(name);
    return new Recipe(
        method,
        new Pattern.Unstructured(),
        method.allocation(),
        new Budget.Sparsity(0.5),
        Set.of(),
        0);
  }

  public Recipe sparsity(double share) {
    return budget(new Budget.Sparsity(share));
  }

  public Recipe budget(Budget budget) {
    return new Recipe(method, pattern, allocation, budget, dense, seed);
  }

  public Recipe pattern(Pattern pattern) {
    return new Recipe(method, pattern, allocation, budget, dense, seed);
  }

  public Recipe allocation(Allocation allocation) {
    return new Recipe(method, pattern, allocation, budget, dense, seed);
  }

  public Recipe keepDense(Set<String> dense) {
    return new Recipe(method, pattern, allocation, budget, dense, seed);
  }

  public Recipe seed(long seed) {
    return new Recipe(method, pattern, allocation, budget, dense, seed);
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

  private static boolean names(Layer layer, String name) {
    return layer.weight().equals(name) || layer.node().label().equals(name);
  }

  /** Prunes a finished model; the budget is met exactly, or the certificate says why not. */
  public Outcome apply(Model model) {
    if (method.trains()) {
      throw new InvalidInputException(
          "method '%s' prunes while the network trains: use 'espalier train'"
              .formatted(method.about().name()));
    }
    Layers layers = layers(model);
    if (layers.layers().isEmpty()) {
      throw new InvalidInputException("the model has no prunable weights" + reasons(layers));
    }
    Count before = Count.of(model);
    long nonzeros = layers.layers().stream().mapToLong(layer -> layer.tensor().nonzeros()).sum();
    long zeros = before.parameters() - before.nonzeros() - (layers.size() - nonzeros);
    long prune = budget.pruned(layers.size(), before.parameters(), zeros);
    List<Scores> scores =
        layers.layers().stream()
            .map(
                layer ->
                    method.saliency().score(layer, seed).within(Mask.ofNonzeros(layer.tensor())))
            .toList();
    Masks masks = new Selection(pattern, allocation).masks(layers.layers(), scores, prune);
    Model pruned = masks.apply(model);
    return new Outcome(pruned, masks, certificate(layers, masks, prune, before, Count.of(pruned)));
  }

  private static String reasons(Layers layers) {
    int shown = 3;
    List<Skipped> skipped = layers.skipped();
    String some =
        skipped.stream()
            .limit(shown)
            .map(one -> "'" + one.node() + "': " + one.reason())
            .collect(Collectors.joining("; "));
    String more = skipped.size() > shown ? "; and %d more".formatted(skipped.size() - shown) : "";
    return skipped.isEmpty() ? "" : "; skipped: " + some + more;
  }

  private Certificate certificate(
      Layers layers, Masks masks, long prune, Count before, Count after) {
    String reached =
        switch (budget) {
          case Budget.Sparsity ignored -> "sparsity=" + masks.sparsity();
          case Budget.Parameters ignored -> "params=" + after.nonzeros();
          case Budget.ParameterShare ignored ->
              "params=" + (double) after.nonzeros() / before.parameters() + "x";
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
        allocation.name().toLowerCase(Locale.ROOT),
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
