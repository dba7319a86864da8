package org.espalier.prune.structured;

import org.espalier.graph.Model;
import org.espalier.prune.evidence.Evidence;

/** What a test lets methods observe and measure. */
record Observing(Evidence evidence, Meters meters) implements AutoCloseable {
  static Observing of(Model model) {
    assert !model.graph().nodes().isEmpty();
    return new Observing(Evidence.NONE, Meters.NONE);
  }

  @Override
  public void close() {
    evidence.close();
  }
}
