package org.espalier.train;

import org.espalier.prune.Allocation;
import org.espalier.prune.Method;

/**
 * A method that prunes while a network trains, or trains it to be pruned. It says how: which rules,
 * and where it must, what is learned from and with which options. Registered like any {@link
 * Method}.
 */
public interface TrainingMethod extends Method {
  /** The same share of every layer, unless a method says otherwise. */
  @Override
  default Allocation allocation() {
    return Allocation.UNIFORM;
  }

  /** Whether it takes the base of a network that is fine-tuned further. */
  default boolean takesBase() {
    return false;
  }

  /** How the method does what it's asked. */
  Regimen plan(TrainingTask task);
}
