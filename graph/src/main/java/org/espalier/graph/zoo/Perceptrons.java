package org.espalier.graph.zoo;

import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** Multilayer perceptrons: the image as one vector, linear layers with a ReLU in between. */
final class Perceptrons {
  private Perceptrons() {}

  /** Layers of these widths; the last one gives the logits. */
  static Value perceptron(Value image, int... widths) {
    Value x = image.flatten();
    int last = widths.length - 1;
    for (int k = 0; k < last; k++) {
      x = x.linear("fc" + (k + 1), widths[k]).relu();
    }
    return x.linear("fc" + widths.length, widths[last], Init.lecunNormal());
  }
}
