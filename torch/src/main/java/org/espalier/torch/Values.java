package org.espalier.torch;

import org.bytedeco.pytorch.Tensor;

/**
 * The values of a pass by number: tensors of libtorch's, and where it has no tensors of a type,
 * such as strings and four-bit integers, ours.
 */
final class Values {
  private final Tensor[] torch;
  private final org.espalier.graph.Tensor[] plain;
  private final boolean[] held;

  Values(int count) {
    torch = new Tensor[count];
    plain = new org.espalier.graph.Tensor[count];
    held = new boolean[count];
  }

  /** Takes a tensor that someone else keeps alive. */
  void borrow(int slot, Tensor tensor) {
    torch[slot] = tensor;
  }

  /** Takes a tensor and a share in keeping it alive. */
  void hold(int slot, Tensor tensor) {
    torch[slot] = tensor.retainReference();
    held[slot] = true;
  }

  void put(int slot, org.espalier.graph.Tensor tensor) {
    plain[slot] = tensor;
  }

  /** Null where the number stands for nothing, or for a tensor of ours. */
  Tensor torch(int slot) {
    return slot == Plan.ABSENT ? null : torch[slot];
  }

  /** A value as a tensor of ours, copied where it is libtorch's; null where there is none. */
  org.espalier.graph.Tensor plain(int slot) {
    if (slot == Plan.ABSENT) {
      return null;
    }
    return plain[slot] == null && torch[slot] != null ? Libtorch.copy(torch[slot]) : plain[slot];
  }

  void release(int slot) {
    if (held[slot]) {
      torch[slot].releaseReference();
      held[slot] = false;
      torch[slot] = null;
    }
    plain[slot] = null;
  }

  void releaseAll() {
    for (int slot = 0; slot < torch.length; slot++) {
      release(slot);
    }
  }
}
