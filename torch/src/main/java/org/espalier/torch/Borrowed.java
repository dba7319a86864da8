package org.espalier.torch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Memory of ours that libtorch's tensors lie on. It is held until libtorch gives it back, be it
 * with the tensor, with a slice of it, or with the autograd history that still needs it.
 */
final class Borrowed {
  /** One entry for each view; several may begin at one address. */
  private static final ConcurrentHashMap<Long, Deque<org.espalier.graph.Tensor>> HELD =
      new ConcurrentHashMap<>();

  private static final PointerConsumer RETURNED = new Returned().retainReference();

  private Borrowed() {}

  /** A view of a tensor's memory, which is native and aligned. */
  static Tensor view(org.espalier.graph.Tensor tensor, TensorOptions options) {
    long address = tensor.data().address();
    HELD.compute(
        address,
        (key, held) -> {
          Deque<org.espalier.graph.Tensor> all = held == null ? new ArrayDeque<>(1) : held;
          all.push(tensor);
          return all;
        });
    return torch.from_blob(new Address(address), tensor.dims(), RETURNED, options);
  }

  /** libtorch calls this with the address of what it needs no longer. */
  private static final class Returned extends PointerConsumer {
    @Override
    public void call(Pointer pointer) {
      HELD.computeIfPresent(
          pointer.address(),
          (key, held) -> {
            held.pop();
            return held.isEmpty() ? null : held;
          });
    }
  }

  /** A pointer to memory that someone else owns. */
  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
