package org.espalier.engine.kernel.x64;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.espalier.engine.kernel.x64.MachineCode.Routine;

/**
 * What a routine reads when it is called: numbers at places that its program names, in memory that
 * each thread has for itself and that the next call overwrites.
 *
 * <p>A buffer rather than a segment: of a segment's dozen stores the JIT compilers made 10 to 20 MB
 * of their own memory for each method that calls a routine.
 */
final class Arguments {
  /** The most that a routine reads: two vectors of 64 bytes behind 64 bytes of numbers. */
  private static final int BYTES = 192;

  private static final ThreadLocal<Arguments> OURS = ThreadLocal.withInitial(Arguments::new);

  private final ByteBuffer buffer;
  private final long address;

  private Arguments() {
    MemorySegment memory = Arena.ofAuto().allocate(BYTES, 64);
    buffer = memory.asByteBuffer().order(ByteOrder.nativeOrder());
    address = memory.address();
  }

  /** This thread's. */
  static Arguments ours() {
    return OURS.get();
  }

  Arguments with(int at, long value) {
    buffer.putLong(at, value);
    return this;
  }

  Arguments with(int at, float value) {
    buffer.putFloat(at, value);
    return this;
  }

  /** Four bytes of a mask. */
  Arguments withBits(int at, int bits) {
    buffer.putInt(at, bits);
    return this;
  }

  void call(Routine routine) {
    routine.run(address);
  }

  /** Where the byte at {@code at} lies, for a routine that wants an address. */
  long address(int at) {
    return address + at;
  }
}
