package org.espalier.torch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * The threads below libtorch and OpenBLAS. GNU's OpenMP lets a thread that waits for another spin,
 * and where something else wants the cores the other one gets none: with a compiler running beside
 * it, a step of LeNet-5 took 400 ms instead of 20. Told to wait passively it doesn't.
 */
final class OpenMp {
  private OpenMp() {}

  /**
   * Sets {@code OMP_WAIT_POLICY=passive} unless the user has set it. OpenMP reads it once, when it
   * is loaded, so this comes before the first use of libtorch.
   */
  @SuppressWarnings("restricted") // a native call is the only way to set it from within
  static void waitPassively() {
    var linker = Linker.nativeLinker();
    var setenv = linker.defaultLookup().find("setenv");
    if (setenv.isEmpty()) {
      return; // Windows, whose libtorch has another OpenMP
    }
    var call =
        linker.downcallHandle(
            setenv.get(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      int failed =
          (int)
              call.invokeExact(
                  arena.allocateFrom("OMP_WAIT_POLICY"), arena.allocateFrom("passive"), 0);
      assert failed == 0 : "setenv";
    } catch (Throwable e) {
      throw new AssertionError("setenv throws nothing", e);
    }
  }
}
