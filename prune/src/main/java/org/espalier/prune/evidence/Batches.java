package org.espalier.prune.evidence;

import java.util.List;
import java.util.function.Consumer;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Batches held in memory. */
record Batches(List<Calibration.Batch> batches) implements Calibration {
  Batches {
    batches = List.copyOf(batches);
    if (batches.isEmpty()) {
      throw new InvalidInputException("calibration data without examples");
    }
  }

  @Override
  public long samples() {
    return batches.stream().mapToLong(Batch::size).sum();
  }

  @Override
  public void forEach(Consumer<? super Batch> action) {
    batches.forEach(action);
  }

  /** Some rows of a tensor, over the same memory. */
  static Tensor rows(Tensor tensor, long first, long last) {
    long[] dims = tensor.dims();
    long row = tensor.type().bytes(tensor.size()) / Math.max(1, dims[0]);
    dims[0] = last - first;
    return Tensor.of(tensor.type(), dims, tensor.data().asSlice(first * row, dims[0] * row));
  }
}
