package org.espalier.study.latency;

import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/**
 * Times single layers as they run within a network.
 *
 * @param executor what runs them, with its version, such as {@code onnxruntime 1.22.0}
 * @param period after how many channels steps in the time of a layer repeat
 */
public record LayerTimer(String executor, int threads, int period, Measurement measurement) {
  /** How a layer is timed. */
  @FunctionalInterface
  public interface Measurement {
    /**
     * Milliseconds of a model with a single node, without what bringing its input and output into
     * another layout takes: the least of some runs, as all that disturbs only adds.
     */
    double ms(Model layer, Map<String, Tensor> inputs);
  }
}
