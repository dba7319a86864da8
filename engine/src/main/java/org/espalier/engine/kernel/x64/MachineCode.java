package org.espalier.engine.kernel.x64;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Puts code into memory that may be executed, and calls it. Pages are written first and made
 * executable then, never both at once; they stay until the process ends.
 */
@SuppressWarnings("restricted") // running code of our own is native access
final class MachineCode {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final long FAILED = -1;
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MPROTECT =
      function(
          "mprotect",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  /** Calls the code at its first argument with the second. */
  private static final MethodHandle CALL =
      LINKER.downcallHandle(FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

  private MachineCode() {}

  /** Code that has been made executable. */
  record Routine(MemorySegment entry) {
    /** Runs the code with the address of its arguments in the first argument's register. */
    void run(long arguments) {
      try {
        CALL.invokeExact(entry, arguments);
      } catch (Throwable problem) {
        throw new IllegalStateException("machine code", problem);
      }
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
  }

  /** Makes {@code code} executable. */
  static Routine install(byte[] code) {
    boolean mac = System.getProperty("os.name").startsWith("Mac");
    int anonymous = mac ? 0x1000 : 0x20;
    try {
      long at =
          (long)
              MMAP.invokeExact(
                  0L, (long) code.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | anonymous, -1, 0L);
      if (at == FAILED) {
        throw new IllegalStateException("no memory for %d bytes of code".formatted(code.length));
      }
      MemorySegment memory =
          MemorySegment.ofAddress(at).reinterpret(code.length, Arena.global(), null);
      memory.copyFrom(MemorySegment.ofArray(code));
      int refused = (int) MPROTECT.invokeExact(at, (long) code.length, PROT_READ | PROT_EXEC);
      if (refused != 0) {
        throw new IllegalStateException("this system lets no memory become executable");
      }
      return new Routine(memory);
    } catch (RuntimeException | Error problem) {
      throw problem;
    } catch (Throwable problem) {
      throw new IllegalStateException(problem);
    }
  }
}
