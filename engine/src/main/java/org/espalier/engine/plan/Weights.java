package org.espalier.engine.plan;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.espalier.graph.Tensor;

/** Packed weights, kept so that plans for several shapes share them. */
final class Weights {
  private final Map<String, Object> packed = new HashMap<>();
  private final Map<String, Object> tried = new HashMap<>();
  private boolean trying;

  /** What {@code packing} makes, the first time this key is asked for. */
  <T> T packed(String key, Class<T> type, Supplier<T> packing) {
    Object known = packed.get(key);
    if (known == null) {
      known = tried.get(key);
      known = known == null ? packing.get() : known;
      (trying ? tried : packed).put(key, known);
    }
    return type.cast(known);
  }

  /** From now on, weights are packed for a trial, after which few of them will be wanted. */
  void trial() {
    trying = true;
  }

  void endTrial() {
    trying = false;
  }

  /** Forgets what was packed for trials and not asked for since. */
  void forget() {
    tried.clear();
  }

  /**
   * Rows in panels of {@code width} columns, one after the other, the last filled up with zeros:
   * element (r, c) lies at {@code ((c / width) * rows + r) * width + c % width}.
   */
  static MemorySegment panels(float[] matrix, int rows, int columns, int width) {
    int panels = Math.ceilDiv(columns, width);
    MemorySegment memory = aligned(4L * panels * rows * width);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        long at = ((long) (c / width) * rows + r) * width + c % width;
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, at, matrix[r * columns + c]);
      }
    }
    return memory;
  }

  static MemorySegment aligned(long bytes) {
    return Arena.ofAuto().allocate(Math.max(bytes, 64), Tensor.ALIGNMENT);
  }

  static double density(float[] values) {
    int count = 0;
    for (float value : values) {
      count += value != 0 ? 1 : 0;
    }
    return values.length == 0 ? 1 : (double) count / values.length;
  }
}
