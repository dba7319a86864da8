package org.espalier.engine.plan;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Strips;

/**
 * Scalar kernels that pass for machine code, and a clock that stands still but for their products:
 * what is measured with both doesn't depend on the machine.
 */
public final class SlowKernels {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // as nanoTime, it may overflow
  private final ToLongFunction<Strips> nanos;
  private int products;

  /** Kernels whose product takes {@code nanos}, whatever its size. */
  public SlowKernels(ToLongFunction<Strips> nanos) {
    this.nanos = nanos;
  }

  long now() {
    return now.get();
  }

  /** How many products were run. */
  public int products() {
    return products;
  }

  public Kernels kernels(String name) {
    Kernels scalar = Kernels.scalar(8);
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (_, method, arguments) -> {
              switch (method.getName()) {
                case "name" -> {
                  return name;
                }
                case "areFast", "isMachineCode" -> {
                  return true;
                }
                case "product" -> {
                  products++;
                  now.addAndGet(nanos.applyAsLong((Strips) arguments[0]));
                }
                default -> {}
              }
              try {
                return method.invoke(scalar, arguments);
              } catch (InvocationTargetException failed) {
                throw failed.getCause();
              }
            });
  }
}
