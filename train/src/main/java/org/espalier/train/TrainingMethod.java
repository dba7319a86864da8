package org.espalier.train;

import org.espalier.prune.Allocation;
import org.espalier.prune.Method;

/**
 * A method that prunes while a network trains. It says how: which rules, and where it must, what is
 * learned from and with which options. Registered like any {@link Method}.
 */
public interface TrainingMethod extends Method {
  /** The same share of every layer, unless a method says otherwise. */
  @Override
  default Allocation allocation() {
    return Allocation.UNIFORM;
  }

  /** How the method does what it's asked. */
  Regimen plan(TrainingTask task);
}
