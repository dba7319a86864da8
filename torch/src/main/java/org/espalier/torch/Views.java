package org.espalier.torch;

import java.util.Set;
import org.espalier.graph.Model;
import org.espalier.graph.pass.Canonical;
import org.espalier.graph.pass.Lowering;

/**
 * A model in the form that the rules expect: the newest operators only, and composite ones taken
 * apart where libtorch has no operator for them. Dropout stays, for training.
 */
final class Views {
  private Views() {}

  static Model of(Model model) {
    return Lowering.of(Canonical.of(model, Set.of("Dropout")), Rules.operators());
  }
}
