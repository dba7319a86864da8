package org.espalier.study.measure;

import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.allocation.PqIndex;

/**
 * How unequal the weights of each layer are that aren't zero, as their PQ index says (Diao et al.,
 * 2023): 0 where all are as large, near 1 where few hold everything. By the index a layer can do
 * with {@code d (1 - I)^(pq/(q-p))} of its d weights.
 */
final class PqIndices implements Measurement.OfOne {
  private static final double P = 0.5;
  private static final double Q = 1;

  @Override
  public String name() {
    return "pq-index";
  }

  @Override
  public String title() {
    return "how unequal each layer's weights are, and how many it could do with";
  }

  @Override
  public Findings of(Subject subject) {
    var table =
        new Findings.Table(
            "layers", "layer", "weights", "not zero", "I(0.5,1)", "I(1,2)", "needed");
    double kept = 0;
    double weighted = 0;
    double needed = 0;
    for (Layer layer : subject.layers()) {
      Tensor weights = layer.tensor();
      long nonzeros = weights.nonzeros();
      double index = PqIndex.of(weights, P, Q);
      double enough = PqIndex.retained(weights, P, Q, nonzeros);
      table =
          table.row(
              layer.weight(),
              layer.size(),
              Math.toIntExact(nonzeros),
              index,
              PqIndex.of(weights, 1, 2),
              nonzeros == 0 ? 0.0 : 100 * enough / nonzeros);
      kept += nonzeros;
      weighted += index * nonzeros;
      needed += enough;
    }
    return Findings.NONE
        .and("meanIndex", kept == 0 ? 0 : weighted / kept)
        .and("needed", kept == 0 ? 0 : 100 * needed / kept)
        .and(table);
  }
}
