package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Calibration;

/** Calibration inputs that stay in memory, as a pass that pauses needs them. */
final class Held {
  private Held() {}

  static List<Map<String, Tensor>> copies(Calibration calibration) {
    var batches = new ArrayList<Map<String, Tensor>>();
    calibration.forEach(
        batch -> {
          var copies = new LinkedHashMap<String, Tensor>();
          batch.inputs().forEach((name, tensor) -> copies.put(name, tensor.copy()));
          batches.add(copies);
        });
    return batches;
  }
}
