package org.espalier.train;

import java.util.HashMap;
import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.inspect.Inspection;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;

/**
 * The multiply-accumulates of a training step that pruned weights leave, as a share of all. Forward
 * and both halves of the backward pass lose the same share, so that it holds for all three.
 */
final class Work {
  private final Map<String, Long> byWeight = new HashMap<>();
  private final long all;
  private Masks last;
  private double share = 1;

  Work(Model model) {
    Inspection inspection = Inspection.of(model);
    all = inspection.macs();
    var byNode = new HashMap<String, Long>();
    inspection.layers().forEach(layer -> byNode.put(layer.name(), layer.macs()));
    for (Layer layer : Layers.of(model).layers()) {
      byWeight.put(layer.weight(), byNode.getOrDefault(layer.node().label(), 0L));
    }
  }

  /** The share that is left under masks. */
  double share(Masks masks) {
    if (!masks.equals(last) && all > 0) {
      double gone = 0;
      for (Map.Entry<String, Mask> layer : masks.byWeight().entrySet()) {
        Mask mask = layer.getValue();
        gone += (double) byWeight.getOrDefault(layer.getKey(), 0L) * mask.pruned() / mask.size();
      }
      share = 1 - gone / all;
      last = masks;
    }
    return share;
  }
}
