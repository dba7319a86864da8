package org.espalier.engine.plan;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.espalier.graph.Tensor;

/** What one run works in: memory for values whose size is known, tensors for the others. */
public final class Frame {
  final MemorySegment memory;
  final Tensor[] boxed;

  Frame(long bytes, int boxes) {
    memory = Arena.ofAuto().allocate(Math.max(bytes, 64), Tensor.ALIGNMENT);
    boxed = new Tensor[boxes];
  }

  /** Lets go of what the last run made. */
  void clear() {
    Arrays.fill(boxed, null);
  }
}
