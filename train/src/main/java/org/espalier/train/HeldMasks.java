package org.espalier.train;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.torch.Libtorch;

/**
 * Masks in force. When one is set, pruned weights and what the optimiser remembers of them become
 * zero, bit for bit; from then on multiplying each gradient and each updated weight by the mask
 * keeps them there, for zero times anything finite is zero and nothing is left to bring it back.
 */
final class HeldMasks implements AutoCloseable {
  /** A mask as numbers, in memory that libtorch sees too. */
  private record Factor(Tensor values, org.bytedeco.pytorch.Tensor view) {}

  private final Map<String, Tensor> weights;
  private final Memory memory;
  private final Map<String, Factor> factors = new LinkedHashMap<>();
  private Masks masks = Masks.NONE;

  HeldMasks(Map<String, Tensor> weights, Memory memory) {
    this.weights = weights;
    this.memory = memory;
  }

  Masks masks() {
    return masks;
  }

  void hold(Masks wanted) {
    wanted
        .byWeight()
        .forEach(
            (name, mask) -> {
              Tensor weight = weights.get(name);
              if (weight == null || weight.size() != mask.size()) {
                throw new InvalidInputException(
                    "a mask of %d weights for '%s', which is %s"
                        .formatted(mask.size(), name, weight == null ? "no weight" : weight));
              }
              DataType type = weight.type();
              factors.computeIfAbsent(
                  name,
                  _ -> {
                    Tensor values = Tensor.allocate(DataType.FLOAT, weight.dims());
                    return new Factor(values, Memory.kept(Libtorch.view(values)));
                  });
              Tensor values = mask.toTensor(weight.dims());
              factors.get(name).values().data().copyFrom(values.data());
              zero(weight.data(), mask, type.bits() / 8);
              List<Tensor> slots = memory.slots(name);
              slots.forEach(slot -> zero(slot.data(), mask, slot.type().bits() / 8));
            });
    factors.entrySet().removeIf(held -> isOver(held.getKey(), held.getValue(), wanted));
    masks = wanted;
  }

  private static boolean isOver(String name, Factor factor, Masks wanted) {
    boolean over = !wanted.byWeight().containsKey(name);
    if (over) {
      factor.view().releaseReference();
    }
    return over;
  }

  private static void zero(MemorySegment data, Mask mask, int width) {
    var kept = mask.bits();
    for (int k = kept.nextClearBit(0); k < mask.size(); k = kept.nextClearBit(k)) {
      int next = kept.nextSetBit(k);
      int end = next < 0 ? mask.size() : next;
      data.asSlice((long) k * width, (long) (end - k) * width).fill((byte) 0);
      k = end;
    }
  }

  /** Multiplies each tensor that has a mask by it, in place. */
  void apply(Map<String, org.bytedeco.pytorch.Tensor> tensors) {
    factors.forEach(
        (name, factor) -> {
          org.bytedeco.pytorch.Tensor tensor = tensors.get(name);
          if (tensor != null) {
            tensor.mul_(factor.view());
          }
        });
  }

  @Override
  public void close() {
    factors.values().forEach(factor -> factor.view().releaseReference());
  }
}
