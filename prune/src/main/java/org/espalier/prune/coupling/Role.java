package org.espalier.prune.coupling;

/** What an axis of a weight has to do with the channels along it. */
public enum Role {
  /**
   * Makes them: a convolution's filters, a bias, a normalisation's scale, a recurrent cell's rows.
   */
  PRODUCER,

  /** Reads them: a convolution's input channels, a product's inner axis. */
  CONSUMER
}
