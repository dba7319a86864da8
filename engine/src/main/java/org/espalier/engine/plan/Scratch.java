package org.espalier.engine.plan;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that is handed out piece by piece and taken back all at once. Tensors with memory of their
 * own would wait for the garbage collector, which sees little of them and may not come for
 * gigabytes.
 */
final class Scratch implements SegmentAllocator {
  private static final long CHUNK = 1L << 20;

  /** More than this is not kept from run to run. */
  private static final long KEPT = 32L << 20;

  private static final class Chunk {
    final Arena arena = Arena.ofShared();
    final MemorySegment memory;
    long used;

    /** Up to here there may be anything; zeros follow. */
    long dirty;

    Chunk(long bytes) {
      memory = arena.allocate(bytes, 64);
    }

    /** The next piece, or null where it doesn't fit. */
    MemorySegment take(long bytes, long alignment) {
      long at = Math.ceilDiv(used, alignment) * alignment;
      if (bytes > memory.byteSize() - at) {
        return null;
      }
      used = at + bytes;
      MemorySegment piece = memory.asSlice(at, bytes);
      if (at < dirty) {
        piece.asSlice(0, Math.min(bytes, dirty - at)).fill((byte) 0);
      }
      return piece;
    }
  }

  private final List<Chunk> chunks = new ArrayList<>();
  private int current;

  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    assert alignment <= 64 : alignment;
    while (current < chunks.size()) {
      MemorySegment piece = chunks.get(current).take(bytes, alignment);
      if (piece != null) {
        return piece;
      }
      current++;
    }
    chunks.add(new Chunk(Math.max(bytes, CHUNK << Math.min(chunks.size(), 4))));
    return chunks.getLast().take(bytes, alignment);
  }

  /** Takes everything back; what was handed out must not be used any more. */
  void clear() {
    if (chunks.stream().mapToLong(chunk -> chunk.memory.byteSize()).sum() > KEPT) {
      free();
    }
    for (Chunk chunk : chunks) {
      chunk.dirty = Math.max(chunk.dirty, chunk.used);
      chunk.used = 0;
    }
    current = 0;
  }

  void free() {
    chunks.forEach(chunk -> chunk.arena.close());
    chunks.clear();
    current = 0;
  }
}
