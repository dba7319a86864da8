package org.espalier.prune.structured;

import org.espalier.graph.Model;

/** Measures a model: its latency, its accuracy, its loss. */
@FunctionalInterface
public interface Meter {
  double of(Model model);
}
