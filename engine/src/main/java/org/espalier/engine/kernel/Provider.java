package org.espalier.engine.kernel;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import org.espalier.engine.kernel.x64.X64;

/** Picks the kernels, once, and says what it picked. */
final class Provider {
  private static final Logger LOG = System.getLogger("org.espalier.engine");
  private static final int SCALAR_LANES = 8;

  static final Kernels BEST = choose();

  private Provider() {}

  private static Kernels choose() {
    String asked = System.getProperty("espalier.kernels", "best");
    if (asked.equals("scalar")) {
      return scalar("-Despalier.kernels=scalar asks for it");
    }
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return scalar("the JVM runs without --add-modules jdk.incubator.vector");
    }
    if (Objects.requireNonNullElse(System.getProperty("java.vm.info"), "")
        .contains("interpreted")) {
      return scalar("the JVM only interprets");
    }
    // No class that touches the Vector API is loaded before this line.
    Kernels vector = new VectorKernels();
    if (vector.lanes() < 4) {
      return scalar("this machine's vectors hold " + vector.lanes() + " floats");
    }
    return asked.equals("vector") ? vector : machine(vector);
  }

  /** Machine code where this machine lets us write it, else {@code vector}. */
  private static Kernels machine(Kernels vector) {
    try {
      X64 code = X64.open();
      if (code.vectorBytes() == 4 * vector.lanes()) {
        Kernels machine = new MachineKernels(code);
        LOG.log(Level.DEBUG, "kernels: {0}", machine.name());
        return machine;
      }
      LOG.log(Level.DEBUG, "no machine code: its vectors have {0} bytes", code.vectorBytes());
    } catch (IllegalStateException | UnsupportedOperationException reason) {
      LOG.log(Level.DEBUG, "no machine code: {0}", reason.getMessage());
    }
    LOG.log(Level.DEBUG, "kernels: {0}", vector.name());
    return vector;
  }

  private static Kernels scalar(String reason) {
    LOG.log(Level.WARNING, "kernels: scalar Java, many times slower than vectors, as {0}", reason);
    return new ScalarKernels(SCALAR_LANES);
  }
}
