package org.espalier.prune.structured;

import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.Budget;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.espalier.prune.evidence.Evidence;

/**
 * A method that removes blocks with its settings, ready to be applied.
 *
 * @param steps in how many steps the budget is reached; 0 for the method's own
 * @param dense names of nodes or weights whose blocks stay
 * @param seed for methods that draw
 */
public record BlockRecipe(
    BlockMethod method, Budget budget, int steps, Set<String> dense, long seed) {
  public BlockRecipe {
    dense = Set.copyOf(dense);
    if (steps < 0) {
      throw new InvalidInputException(steps + " steps, expected 1 or more");
    }
    if (budget instanceof Budget.Sparsity || budget instanceof Budget.Channels) {
      throw new InvalidInputException(
          ("budget %s: method '%s' removes blocks, which takes blocks=3, params=0.5x, macs=0.6x,"
                  + " bytes=10MB, latency=0.6x or accuracy=-0.5")
              .formatted(budget, method.about().name()));
    }
  }

  /** The method of this name: three of ten blocks. */
  public static BlockRecipe named(String name) {
    Method method = Methods.named(name);
    if (!(method instanceof BlockMethod blocks)) {
      throw new InvalidInputException("method '" + name + "' removes no blocks");
    }
    return new BlockRecipe(blocks, new Budget.Blocks(0.3), 0, Set.of(), 0);
  }

  public BlockRecipe budget(Budget budget) {
    return new BlockRecipe(method, budget, steps, dense, seed);
  }

  public BlockRecipe steps(int steps) {
    return new BlockRecipe(method, budget, steps, dense, seed);
  }

  public BlockRecipe keepDense(Set<String> dense) {
    return new BlockRecipe(method, budget, steps, dense, seed);
  }

  public BlockRecipe seed(long seed) {
    return new BlockRecipe(method, budget, steps, dense, seed);
  }

  /**
   * Removes blocks until the budget is met: as few as do, and the certificate says how near it is.
   *
   * @param evidence of this very model; it stays open
   * @param meters what budgets may measure
   */
  public BlockOutcome apply(Model model, Evidence evidence, Meters meters) {
    return new BlockPruning(this, model, evidence, meters).outcome();
  }
}
