package org.espalier.torch;

import org.espalier.graph.Model;

/** A model in the form that the rules expect. */
final class Views {
  private Views() {}

  static Model of(Model model) {
    return model;
  }
}
