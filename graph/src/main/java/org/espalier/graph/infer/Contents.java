package org.espalier.graph.infer;

import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * What is known of a tensor's elements: all of them, as a tensor, or some, as expressions. Elements
 * of a tensor are looked at only where there are few: a weight is never read.
 */
sealed interface Contents {
  /** More elements than this are no shape arithmetic. */
  int LIMIT = 4096;

  /** Contents that are all known. */
  record Literal(Tensor tensor) implements Contents {}

  /** Integers (or booleans as 0 and 1), row-major; null where one isn't known. */
  record Symbolic(Size[] values) implements Contents {
    boolean isFixed() {
      for (Size entry : values) {
        if (entry == null || !entry.isFixed()) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * The elements as expressions, null where one isn't known or isn't a whole number; empty where
   * there are too many.
   */
  default Optional<Size[]> entries() {
    return switch (this) {
      case Symbolic(Size[] values) -> Optional.of(values);
      case Literal(Tensor tensor) ->
          tensor.size() > LIMIT ? Optional.empty() : Optional.ofNullable(read(tensor));
    };
  }

  private static Size[] read(Tensor tensor) {
    DataType type = tensor.type();
    boolean whole = type.isInteger() || type == DataType.BOOL;
    if (!whole && type != DataType.FLOAT && type != DataType.DOUBLE) {
      return null;
    }
    var entries = new Size[(int) tensor.size()];
    for (int k = 0; k < entries.length; k++) {
      if (whole) {
        entries[k] = Size.of(tensor.integerAt(k));
      } else {
        double value = tensor.realAt(k);
        entries[k] =
            value == Math.rint(value) && Math.abs(value) < 1L << 53 ? Size.of((long) value) : null;
      }
    }
    return entries;
  }

  /** The elements as a tensor, where all are known. */
  default Optional<Tensor> tensor(DataType type, Dims dims) {
    return switch (this) {
      case Literal(Tensor tensor) -> Optional.of(tensor);
      case Symbolic symbolic when symbolic.isFixed() && dims != null && dims.isFixed() ->
          Optional.ofNullable(write(symbolic.values(), type, dims.fixed()));
      case Symbolic _ -> Optional.empty();
    };
  }

  private static Tensor write(Size[] entries, DataType type, long[] dims) {
    var values = new long[entries.length];
    for (int k = 0; k < values.length; k++) {
      values[k] = entries[k].fixed();
    }
    return switch (type) {
      case INT64 -> vector(Tensor.of(values), dims);
      case INT32 -> {
        var narrow = new int[values.length];
        for (int k = 0; k < values.length; k++) {
          narrow[k] = (int) values[k];
        }
        yield vector(Tensor.of(narrow), dims);
      }
      case BOOL -> {
        var flags = new boolean[values.length];
        for (int k = 0; k < values.length; k++) {
          flags[k] = values[k] != 0;
        }
        yield vector(Tensor.of(flags), dims);
      }
      case FLOAT -> {
        var reals = new float[values.length];
        for (int k = 0; k < values.length; k++) {
          reals[k] = values[k];
        }
        yield vector(Tensor.of(reals), dims);
      }
      case DOUBLE -> {
        var reals = new double[values.length];
        for (int k = 0; k < values.length; k++) {
          reals[k] = values[k];
        }
        yield vector(Tensor.of(reals), dims);
      }
      case null, default -> null;
    };
  }

  private static Tensor vector(Tensor tensor, long[] dims) {
    return tensor.reshape(dims);
  }
}
