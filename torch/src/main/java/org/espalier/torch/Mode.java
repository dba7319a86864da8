package org.espalier.torch;

/**
 * Whether a forward pass trains or infers; batch normalisation and dropout are told apart by it.
 */
public enum Mode {
  /**
   * Batch normalisation uses the statistics of the batch and updates its running ones; dropout
   * drops.
   */
  TRAIN,
  /** Batch normalisation uses its running statistics; dropout passes its input on. */
  EVAL
}
