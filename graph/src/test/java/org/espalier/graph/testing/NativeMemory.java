package org.espalier.graph.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What this process holds outside of the Java heap. Unlike the resident size, it doesn't depend on
 * how far the heap has grown, nor on what the system swaps out.
 */
public final class NativeMemory {
  private NativeMemory() {}

  /** Bytes that were taken from {@code malloc} and not given back, where glibc tells. */
  @SuppressWarnings("restricted")
  public static OptionalLong bytes() {
    var linker = Linker.nativeLinker();
    Optional<MemorySegment> function = linker.defaultLookup().find("mallinfo2");
    if (function.isEmpty()) {
      return OptionalLong.empty();
    }
    var info = MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));
    try (var arena = Arena.ofConfined()) {
      var answer =
          (MemorySegment)
              linker
                  .downcallHandle(function.get(), FunctionDescriptor.of(info))
                  .invokeExact((SegmentAllocator) arena);
      // hblkhd, blocks with a mapping of their own, and uordblks, all others
      return OptionalLong.of(
          answer.getAtIndex(ValueLayout.JAVA_LONG, 4)
              + answer.getAtIndex(ValueLayout.JAVA_LONG, 7));
    } catch (Throwable problem) {
      throw new AssertionError(problem);
    }
  }
}
