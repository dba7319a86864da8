package org.espalier.engine.plan;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import org.espalier.graph.Tensor;

/** What one run works in: memory for values whose size is known, tensors for the others. */
public final class Frame {
  final MemorySegment memory;
  final Tensor[] boxed;
  private final Arena arena;
  private final Scratch scratch = new Scratch();

  /** A frame that is freed when nothing refers to it. */
  Frame(long bytes, int boxes) {
    this(Arena.ofAuto(), bytes, boxes);
  }

  private Frame(Arena arena, long bytes, int boxes) {
    this.arena = arena;
    memory = arena.allocate(Math.max(bytes, 64), Tensor.ALIGNMENT);
    boxed = new Tensor[boxes];
  }

  /** A frame that must be freed. */
  static Frame explicit(long bytes, int boxes) {
    return new Frame(Arena.ofShared(), bytes, boxes);
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
