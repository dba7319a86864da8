package org.espalier.prune.structured;

import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.Budget;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.espalier.prune.coupling.Granularity;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.repair.Repair;

/**
 * A method that removes channels with its settings, ready to be applied.
 *
 * @param scope which channels compete; null for the method's own
 * @param steps in how many steps the budget is reached; 0 for the method's own
 * @param multiple widths are kept a multiple of it; 1 for any
 * @param repair what is done to what is left after each step, beside what the method does itself
 * @param dense names of weights or nodes whose channels stay
 * @param seed for methods that draw
 */
public record ChannelRecipe(
    ChannelMethod method,
    Budget budget,
    Scope scope,
    int steps,
    int multiple,
    Granularity granularity,
    Repair repair,
    Set<String> dense,
    long seed) {
  public ChannelRecipe {
    dense = Set.copyOf(dense);
    if (steps < 0) {
      throw new InvalidInputException(steps + " steps, expected 1 or more");
    }
    if (multiple < 1) {
      throw new InvalidInputException("widths a multiple of " + multiple + ", expected 1 or more");
    }
    if (budget instanceof Budget.Sparsity) {
      throw new InvalidInputException(
          ("budget %s: method '%s' removes channels, which takes channels=0.5, params=0.5x,"
                  + " macs=0.6x, bytes=10MB, latency=0.6x or accuracy=-0.5")
              .formatted(budget, method.about().name()));
    }
  }

  /** The method of this name with its own defaults: half of each group's channels. */
  public static ChannelRecipe named(String name) {
    Method method = Methods.named(name);
    if (!(method instanceof ChannelMethod channels)) {
      throw new InvalidInputException("method '" + name + "' removes no channels");
    }
    return new ChannelRecipe(
        channels,
        new Budget.Channels(0.5),
        null,
        0,
        1,
        Granularity.HEADS,
        Repair.NONE,
        Set.of(),
        0);
  }

  public ChannelRecipe budget(Budget budget) {
    return new ChannelRecipe(
        method, budget, scope, steps, multiple, granularity, repair, dense, seed);
  }

  public ChannelRecipe scope(Scope scope) {
    return new ChannelRecipe(
        method, budget, scope, steps, multiple, granularity, repair, dense, seed);
  }

  public ChannelRecipe steps(int steps) {
    return new ChannelRecipe(
        method, budget, scope, steps, multiple, granularity, repair, dense, seed);
  }

  public ChannelRecipe multiple(int multiple) {
    return new ChannelRecipe(
        method, budget, scope, steps, multiple, granularity, repair, dense, seed);
  }

  public ChannelRecipe granularity(Granularity granularity) {
    return new ChannelRecipe(
        method, budget, scope, steps, multiple, granularity, repair, dense, seed);
  }

  public ChannelRecipe repair(Repair repair) {
    return new ChannelRecipe(
        method, budget, scope, steps, multiple, granularity, repair, dense, seed);
  }

  public ChannelRecipe keepDense(Set<String> dense) {
    return new ChannelRecipe(
        method, budget, scope, steps, multiple, granularity, repair, dense, seed);
  }

  public ChannelRecipe seed(long seed) {
    return new ChannelRecipe(
        method, budget, scope, steps, multiple, granularity, repair, dense, seed);
  }

  /** Removes channels with a method that needs the weights alone. */
  public ChannelOutcome apply(Model model) {
    return apply(model, Evidence.NONE, Meters.NONE);
  }

  /**
   * Removes channels until the budget is met: exactly, or the certificate says what was nearest.
   *
   * @param evidence of this very model; it stays open
   * @param meters what budgets and methods may measure
   */
  public ChannelOutcome apply(Model model, Evidence evidence, Meters meters) {
    return new ChannelPruning(this, model, evidence, meters).outcome();
  }
}
