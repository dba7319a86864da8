package org.espalier.study.bench;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the engine is to reach, as ratios to ONNX Runtime's dense time, and what DeepSparse 1.8.0
 * reached on an Intel Xeon with AVX-512 (two cores, 2026), the same for any number of threads.
 */
final class Goals {
  /** The networks whose layers count for the means of single layers. */
  static final List<String> LAYERS_OF = List.of("resnet50", "mobilenetv1", "bert");

  static final List<String> NETWORKS = List.of("resnet50", "mobilenetv1", "mobilenetv2", "bert");
  static final List<String> VARIANTS = List.of("80-1x1", "90-1x1", "95-1x1", "90-4x1", "dense");

  /** A ratio to reach, and DeepSparse's; 0 where that isn't known. */
  record Goal(double ratio, double deepsparse) {}

  /** In the order of {@link #VARIANTS}: goal, DeepSparse. */
  private static final Map<String, double[]> SINGLE =
      Map.of(
          "resnet50", new double[] {1.8, 0.9, 3.2, 1.2, 4.5, 1.5, 5, 1.2, 0.85, 0},
          "mobilenetv1", new double[] {1.8, 1.2, 2.8, 2.2, 3.5, 1.9, 3.5, 2.0, 0.85, 0},
          "mobilenetv2", new double[] {1.3, 1.2, 1.7, 1.2, 2.0, 1.2, 1.8, 1.2, 0.85, 0},
          "bert", new double[] {2.4, 2.2, 4.2, 3.6, 6.5, 5.2, 7, 4.7, 0.9, 0});

  private static final Map<String, Goal> SIXTEEN =
      Map.of(
          "resnet50-90-1x1", new Goal(3.8, 3.1),
          "resnet50-95-1x1", new Goal(5.5, 4.0),
          "mobilenetv1-90-1x1", new Goal(3, 2.1));

  private static final Map<String, Double> LAYERS =
      Map.of(
          "unstructured 0.7", 1.5,
          "unstructured 0.8", 2.4,
          "unstructured 0.9", 4.5,
          "unstructured 0.95", 7.5,
          "4x1 0.7", 2.5,
          "4x1 0.8", 4.0,
          "4x1 0.9", 7.5,
          "4x1 0.95", 12.0);

  private Goals() {}

  static Optional<Goal> of(String network, String variant, long batch) {
    if (batch == 16) {
      return Optional.ofNullable(SIXTEEN.get(network + "-" + variant));
    }
    double[] row = SINGLE.get(network);
    int at = VARIANTS.indexOf(variant);
    return batch != 1 || row == null || at < 0
        ? Optional.empty()
        : Optional.of(new Goal(row[2 * at], row[2 * at + 1]));
  }

  static Optional<Double> ofLayers(String pattern, double sparsity) {
    return Optional.ofNullable(LAYERS.get(pattern + " " + sparsity));
  }
}
