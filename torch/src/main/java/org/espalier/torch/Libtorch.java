package org.espalier.torch;

import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;

/**
 * The native library: its threads, its random numbers, and the way between its tensors and ours.
 *
 * <p>OpenBLAS gets one thread and libtorch the rest. With both at two threads they wait for each
 * other: an epoch of a small network was measured to take eighteen times as long.
 */
public final class Libtorch {
  private static final Map<DataType, ScalarType> TYPES = new EnumMap<>(DataType.class);

  /** Threads last set on this Java thread; OpenMP keeps the number per thread. */
  private static final ThreadLocal<Integer> THREADS = ThreadLocal.withInitial(() -> 0);

  private static final ScopedValue<Integer> LIMIT = ScopedValue.newInstance();

  static {
    // JavaCPP would count all of the process's memory against the Java heap, and collect garbage.
    System.setProperty(
        "org.bytedeco.javacpp.maxPhysicalBytes",
        System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0"));
    OpenMp.waitPassively();
    openblas.blas_set_num_threads(1);
    TYPES.put(DataType.FLOAT, ScalarType.Float);
    TYPES.put(DataType.DOUBLE, ScalarType.Double);
    TYPES.put(DataType.FLOAT16, ScalarType.Half);
    TYPES.put(DataType.BFLOAT16, ScalarType.BFloat16);
    TYPES.put(DataType.INT8, ScalarType.Char);
    TYPES.put(DataType.INT16, ScalarType.Short);
    TYPES.put(DataType.INT32, ScalarType.Int);
    TYPES.put(DataType.INT64, ScalarType.Long);
    TYPES.put(DataType.UINT8, ScalarType.Byte);
    TYPES.put(DataType.UINT16, ScalarType.UInt16);
    TYPES.put(DataType.UINT32, ScalarType.UInt32);
    TYPES.put(DataType.UINT64, ScalarType.UInt64);
    TYPES.put(DataType.BOOL, ScalarType.Bool);
  }

  private Libtorch() {}

  /** Seeds libtorch's random numbers, which dropout draws from. */
  public static void manualSeed(long seed) {
    torch.manual_seed(seed);
  }

  /**
   * Does work on this thread whose operators use no more than so many threads, whatever models ask
   * for: where several such run side by side.
   */
  public static <T> T limited(int threads, Supplier<T> work) {
    if (threads < 1) {
      throw new InvalidInputException(threads + " threads, expected 1 or more");
    }
    return ScopedValue.where(LIMIT, threads)
        .call(
            () -> {
              threads(threads);
              return work.get();
            });
  }

  /** Sets how many threads libtorch's operators called from this thread use. */
  static void threads(int threads) {
    int most = LIMIT.isBound() ? Math.min(threads, LIMIT.get()) : threads;
    if (THREADS.get() != most) {
      torch.set_num_threads(most);
      THREADS.set(most);
    }
  }

  /** Whether libtorch has tensors of this type. */
  static boolean has(DataType type) {
    return TYPES.containsKey(type);
  }

  static ScalarType type(DataType type) {
    ScalarType scalar = TYPES.get(type);
    if (scalar == null) {
      throw new InvalidInputException("libtorch has no tensors of type " + type);
    }
    return scalar;
  }

  static DataType type(ScalarType type) {
    ScalarType interned = type.intern();
    for (var entry : TYPES.entrySet()) {
      if (entry.getValue() == interned) {
        return entry.getKey();
      }
    }
    throw new IllegalStateException("a libtorch tensor of type " + type + " has no counterpart");
  }

  /**
   * A libtorch tensor over the same memory: what is written to one is seen in the other, and the
   * memory lives as long as either. Memory that libtorch can't address (on the Java heap, or not
   * aligned to its elements) is copied.
   */
  public static Tensor view(org.espalier.graph.Tensor tensor) {
    var options = new TensorOptions(type(tensor.type()));
    if (tensor.size() == 0) {
      return torch.zeros(tensor.dims(), options);
    }
    MemorySegment data = tensor.data();
    boolean addressable = data.isNative() && data.address() % (tensor.type().bits() / 8) == 0;
    return Borrowed.view(addressable ? tensor : tensor.copy(), options);
  }

  /** A copy of a libtorch tensor in memory of our own, without its autograd history. */
  public static org.espalier.graph.Tensor copy(Tensor tensor) {
    try (var _ = new PointerScope()) {
      var copy = org.espalier.graph.Tensor.allocate(type(tensor.scalar_type()), shape(tensor));
      view(copy).copy_(tensor.detach());
      return copy;
    }
  }

  static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = tensor.size(axis);
    }
    return shape;
  }
}
