package org.espalier.engine;

import org.espalier.graph.Model;
import org.espalier.graph.pass.Canonical;

/** What is done to a model once, whatever shapes it will be run with. */
final class Preparation {
  private Preparation() {}

  static Model of(Model model) {
    return Canonical.of(model);
  }
}
