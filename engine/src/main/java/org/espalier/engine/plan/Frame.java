package org.espalier.engine.plan;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import org.espalier.graph.Tensor;

/**
 * What one run works in: memory for values whose size is known, tensors for the others. It must be
 * freed: the garbage collector sees little of it.
 */
public final class Frame {
  final MemorySegment memory;
  final Tensor[] boxed;
  private final Arena arena = Arena.ofShared();
  private final Scratch scratch = new Scratch();

  Frame(long bytes, int boxes) {
    memory = arena.allocate(Math.max(bytes, 64), Tensor.ALIGNMENT);
    boxed = new Tensor[boxes];
  }

  /** Where tensors are made that nobody sees after the run. */
  SegmentAllocator scratch() {
    return scratch;
  }

  /** Lets go of what the last run made. */
  void clear() {
    scratch.clear();
    Arrays.fill(boxed, null);
  }

  /** Frees the memory; no step may be under way. */
  void free() {
    clear();
    scratch.free();
    arena.close();
  }
}
