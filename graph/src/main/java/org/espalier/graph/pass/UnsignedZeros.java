package org.espalier.graph.pass;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/**
 * Makes the negative zeros among a graph's float weights plain ones. A mask that was multiplied
 * with the weights leaves them for half of what it pruned, and a file has to store each.
 *
 * <p>No sum changes by it, save that a zero result may have the other sign.
 */
public final class UnsignedZeros implements Pass {
  @Override
  public Model apply(Model model) {
    Graph graph = model.graph();
    var changed = new LinkedHashMap<String, Tensor>();
    weights(graph)
        .forEach(
            (name, tensor) -> {
              if (negativeZeros(tensor) > 0) {
                changed.put(name, cleared(tensor));
              }
            });
    return changed.isEmpty() ? model : model.withGraph(graph.replacing(changed));
  }

  /** How many negative zeros there are. */
  public static long count(Model model) {
    return weights(model.graph()).values().stream().mapToLong(UnsignedZeros::negativeZeros).sum();
  }

  private static Map<String, Tensor> weights(Graph graph) {
    var weights = new LinkedHashMap<>(graph.initializers());
    graph.sparseInitializers().forEach((name, sparse) -> weights.put(name, sparse.toDense()));
    weights
        .values()
        .removeIf(
            tensor ->
                switch (tensor.type()) {
                  case FLOAT, FLOAT16, DOUBLE, BFLOAT16 -> false;
                  default -> true;
                });
    return weights;
  }

  private static long negativeZeros(Tensor tensor) {
    long count = 0;
    for (long k = 0; k < tensor.size(); k++) {
      count += isNegativeZero(tensor.realAt(k)) ? 1 : 0;
    }
    return count;
  }

  private static boolean isNegativeZero(double value) {
    return value == 0 && 1 / value < 0;
  }

  private static Tensor cleared(Tensor tensor) {
    Tensor copy = tensor.copy();
    long width = tensor.type().bits() / 8;
    for (long k = 0; k < tensor.size(); k++) {
      if (isNegativeZero(tensor.realAt(k))) {
        MemorySegment element = copy.data().asSlice(k * width, width);
        element.fill((byte) 0);
      }
    }
    return copy.withDetails(tensor.details());
  }
}
