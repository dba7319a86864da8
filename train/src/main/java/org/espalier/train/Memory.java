package org.espalier.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Tensor;
import org.espalier.torch.Libtorch;

/** What outlives a step: the optimiser's slots for each weight, and the rules' own tensors. */
final class Memory implements AutoCloseable {
  private record Slots(List<Tensor> tensors, List<org.bytedeco.pytorch.Tensor> views) {}

  private final List<String> names;
  private final Map<String, Slots> byWeight = new LinkedHashMap<>();
  private final Map<String, Tensor> rules = new LinkedHashMap<>();

  /** Zeros for each slot of each weight. */
  Memory(List<String> slots, Map<String, Tensor> weights) {
    names = slots;
    weights.forEach(
        (name, weight) -> {
          var tensors = new ArrayList<Tensor>();
          var views = new ArrayList<org.bytedeco.pytorch.Tensor>();
          for (int k = 0; k < slots.size(); k++) {
            tensors.add(Tensor.allocate(weight.type(), weight.dims()));
            views.add(kept(Libtorch.view(tensors.getLast())));
          }
          byWeight.put(name, new Slots(tensors, views));
        });
  }

  /** A tensor that no scope frees. */
  static org.bytedeco.pytorch.Tensor kept(org.bytedeco.pytorch.Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  List<Tensor> slots(String weight) {
    Slots slots = byWeight.get(weight);
    return slots == null ? List.of() : slots.tensors();
  }

  List<org.bytedeco.pytorch.Tensor> views(String weight) {
    return byWeight.get(weight).views();
  }

  Map<String, Tensor> rules() {
    return rules;
  }

  /** All slots by name, as a checkpoint has them. */
  Map<String, Tensor> named() {
    var named = new LinkedHashMap<String, Tensor>();
    byWeight.forEach(
        (weight, slots) -> {
          for (int k = 0; k < names.size(); k++) {
            named.put(names.get(k) + "/" + weight, slots.tensors().get(k));
          }
        });
    return named;
  }

  @Override
  public void close() {
    byWeight
        .values()
        .forEach(slots -> slots.views().forEach(org.bytedeco.pytorch.Tensor::releaseReference));
  }
}
