package org.espalier.prune.evidence;

import java.util.Locale;

/** What a method asks to be observed of a network. */
public enum Need {
  /** Mean, variance, norm and zeros of each input of a layer. */
  INPUTS,
  /** The Gram matrix X^T X of a layer's inputs. */
  GRAM,
  /** The mean gradient of the loss. */
  GRADIENTS,
  /** The mean of each sample's squared gradient: the empirical Fisher matrix's diagonal. */
  FISHER_DIAGONAL,
  /** The gradients of each sample, one row for each. */
  SAMPLE_GRADIENTS,
  /** Products of the loss's Hessian with vectors. */
  HESSIAN_VECTOR,
  /** What the network answers, with one or another of its weights changed. */
  OUTPUTS,
  /** The loss, with one or another of its weights changed. */
  LOSS;

  /** Whether the calibration data must say what the network should have answered. */
  public boolean labels() {
    return this != INPUTS && this != GRAM && this != OUTPUTS;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
