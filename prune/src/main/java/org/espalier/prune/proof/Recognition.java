package org.espalier.prune.proof;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.espalier.graph.Tensor;

/** Knows the slices of a weight again, in whatever order, by numbers that it holds only once. */
final class Recognition {
  private static final int AMBIGUOUS = -1;

  private Recognition() {}

  /**
   * Where the slices of {@code now} along an axis stood in {@code old}; null where one can't be
   * told, or two of its numbers come from different slices.
   */
  static BitSet places(Tensor old, Tensor now, int axis) {
    Map<Double, Integer> known = indices(old, axis);
    int[] from = new int[(int) now.dim(axis)];
    Arrays.fill(from, AMBIGUOUS);
    long inner = now.stride(axis);
    for (long k = 0; k < now.size(); k++) {
      Integer index = known.get(now.realAt(k));
      int slice = (int) (k / inner % from.length);
      if (index == null || (index >= 0 && from[slice] >= 0 && from[slice] != index)) {
        return null;
      }
      from[slice] = index >= 0 ? index : from[slice];
    }
    var places = new BitSet();
    for (int index : from) {
      if (index < 0 || places.get(index)) {
        return null;
      }
      places.set(index);
    }
    return places;
  }

  /** The index along the axis of each number; that of one with several is ambiguous. */
  private static Map<Double, Integer> indices(Tensor tensor, int axis) {
    var indices = new HashMap<Double, Integer>();
    long inner = tensor.stride(axis);
    int size = (int) tensor.dim(axis);
    for (long k = 0; k < tensor.size(); k++) {
      int index = (int) (k / inner % size);
      indices.merge(tensor.realAt(k), index, (a, b) -> a.equals(b) ? a : AMBIGUOUS);
    }
    return indices;
  }
}
