package org.espalier.prune.evidence;

import java.util.Locale;

/** What a method asks to be observed of a network. */
public enum Need {
  /** Mean, variance, norm and zeros of each input of a layer. */
  INPUTS,
  /** The Gram matrix X^T X of a layer's inputs. */
  GRAM,
  /** A sample of the rows of a layer's inputs. */
  ROWS,
  /** The mean gradient of the loss. */
  GRADIENTS,
  /** The mean gradient of the squared outputs, which takes no labels. */
  OUTPUT_GRADIENTS,
  /** The mean of each sample's squared gradient: the empirical Fisher matrix's diagonal. */
  FISHER_DIAGONAL,
  /** The diagonal of the Gauss-Newton matrix, which the loss's curvature by the outputs makes. */
  GAUSS_NEWTON_DIAGONAL,
  /** The diagonal of the loss's Hessian. */
  HESSIAN_DIAGONAL,
  /** The gradients of each sample, one row for each. */
  SAMPLE_GRADIENTS,
  /** Products of the loss's Hessian with vectors. */
  HESSIAN_VECTOR,
  /** What the network answers, with one or another of its weights changed. */
  OUTPUTS,
  /** The loss, with one or another of its weights changed. */
  LOSS,
  /** The gradients of each sample for a layer's weights, under one or another mask. */
  MASKED_GRADIENTS;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
