package org.espalier.graph.eval;

import java.util.List;
import org.espalier.graph.Tensor;

/** How one operator makes its outputs. */
@FunctionalInterface
interface Rule {
  List<Tensor> apply(Call call);
}
