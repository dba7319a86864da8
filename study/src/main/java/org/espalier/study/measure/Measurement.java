package org.espalier.study.measure;

import org.espalier.graph.InvalidInputException;

/** Something that can be measured of a network, or of a network and what was pruned from it. */
public sealed interface Measurement {
  /** The name by which it is asked for, such as {@code calibration}. */
  String name();

  /** What it tells, in half a sentence. */
  String title();

  /** A measurement of one network. */
  non-sealed interface OfOne extends Measurement {
    /**
     * Measures.
     *
     * @throws InvalidInputException where the network or the data don't have what is measured
     */
    Findings of(Subject subject);
  }

  /** A measurement of two networks on the same data. */
  non-sealed interface OfTwo extends Measurement {
    /**
     * Measures.
     *
     * @param dense the network before
     * @param pruned the network after; it may have fewer channels where nothing is said against it
     * @throws InvalidInputException where the networks or the data don't have what is measured
     */
    Findings of(Subject dense, Subject pruned);
  }
}
