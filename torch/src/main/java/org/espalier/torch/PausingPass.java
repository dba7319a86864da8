package org.espalier.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;

/**
 * One forward pass over several batches, all of which stop where they are told to and go on later.
 * Weights may be changed meanwhile: nodes that have not been reached compute with the new ones.
 * Only the values that are still needed are held.
 */
public final class PausingPass implements AutoCloseable {
  private final Plan plan;
  private final List<Values> batches = new ArrayList<>();
  private int reached;

  /** Given are the values of each batch before the pass. */
  PausingPass(Plan plan, List<Values> batches) {
    this.plan = plan;
    this.batches.addAll(batches);
  }

  /**
   * Goes on until a value is made, and hands it out for each batch, in a pointer scope of its own.
   * Values are asked for in the order in which the graph makes them.
   */
  public void until(String value, Consumer<Tensor> each) {
    Integer slot = plan.slots().get(value);
    int target = slot == null ? -1 : plan.madeBy(slot);
    if (slot == null || (target < reached && batches.getFirst().torch(slot) == null)) {
      throw new InvalidInputException(
          "value '" + value + "' is none of the pass, or is no longer held");
    }
    for (Values values : batches) {
      try (var _ = new PointerScope();
          var _ = new AutoGradMode(false)) {
        Pass.run(plan, values, Set.of(slot), Mode.EVAL, reached, target + 1);
        each.accept(values.torch(slot));
      }
    }
    reached = Math.max(reached, target + 1);
  }

  @Override
  public void close() {
    batches.forEach(Values::releaseAll);
    batches.clear();
  }
}
