package org.espalier.torch;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Graph;

/**
 * The initializers of a model, each twice: as our tensor and as libtorch's over the same memory.
 * Floating-point ones are copied once, so that training never writes to a file's mapping.
 */
final class Weights {
  private final Map<String, org.espalier.graph.Tensor> own = new LinkedHashMap<>();
  private final Map<String, Tensor> views = new LinkedHashMap<>();
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, org.espalier.graph.Tensor> strange = new LinkedHashMap<>();

  Weights(Graph graph, Predicate<String> trainable) {
    graph
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (Libtorch.has(tensor.type())) {
                add(name, tensor, tensor.type().isFloat() && trainable.test(name));
              } else {
                strange.put(name, tensor);
              }
            });
  }

  private void add(String name, org.espalier.graph.Tensor tensor, boolean trained) {
    boolean copied = tensor.type().isFloat();
    var mine = copied ? tensor.copy() : tensor;
    if (copied) {
      tensor.release();
    }
    // The view outlives whatever pointer scope the caller has open.
    Tensor view = Libtorch.view(mine).retainReference();
    view.set_requires_grad(trained);
    own.put(name, mine);
    views.put(name, view);
    if (trained) {
      parameters.put(name, view);
    }
  }

  /** The initializers that libtorch has no type for, such as strings. */
  Map<String, org.espalier.graph.Tensor> strange() {
    return strange;
  }

  Map<String, Tensor> views() {
    return views;
  }

  Map<String, Tensor> parameters() {
    return Collections.unmodifiableMap(parameters);
  }

  /** The floating-point initializers, in memory that is shared with the views. */
  Map<String, org.espalier.graph.Tensor> floats() {
    var floats = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    own.forEach(
        (name, tensor) -> {
          if (tensor.type().isFloat()) {
            floats.put(name, tensor);
          }
        });
    return floats;
  }

  void close() {
    views.values().forEach(Tensor::releaseReference);
    views.clear();
    parameters.clear();
  }
}
