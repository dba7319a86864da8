package org.espalier.prune.structured;

import java.util.stream.Collectors;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.reference.OnnxRuntime;

/** What a test lets methods observe and measure: a few random images with random labels. */
record Observing(Evidence evidence, Meters meters) implements AutoCloseable {
  private static final int IMAGES = 4;

  static Observing of(Model model) {
    var random = SeededRandom.of(8);
    Tensor images = random.gaussian(IMAGES, 3, 32, 32);
    Tensor labels = Tensor.of(random.longs(IMAGES, 0, 10).toArray(), IMAGES);
    return of(
        model, Calibration.of(model.graph().inputs().getFirst().name(), images, labels, IMAGES));
  }

  static Observing of(Model model, Calibration calibration) {
    Evidence evidence =
        Evidence.of(
            model,
            Layers.of(model).layers().stream().map(Layer::weight).collect(Collectors.toSet()),
            calibration);
    return new Observing(evidence, Meters.NONE.withLoss(pruned -> loss(pruned, calibration)));
  }

  private static double loss(Model model, Calibration calibration) {
    double[] sum = new double[1];
    try (Executor executor = OnnxRuntime.of(model)) {
      calibration.forEach(
          batch -> {
            Tensor logits = executor.run(batch.inputs()).values().iterator().next();
            Tensor targets = batch.targets().orElseThrow();
            long classes = logits.dim(1);
            for (int k = 0; k < batch.size(); k++) {
              double total = 0;
              for (int label = 0; label < classes; label++) {
                total += Math.exp(logits.floatAt(classes * k + label));
              }
              sum[0] += Math.log(total) - logits.floatAt(classes * k + targets.integerAt(k));
            }
          });
    }
    return sum[0] / calibration.samples();
  }

  @Override
  public void close() {
    evidence.close();
  }
}
