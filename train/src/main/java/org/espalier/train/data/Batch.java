package org.espalier.train.data;

import java.util.stream.LongStream;
import org.espalier.graph.Tensor;

/**
 * Some examples and their targets.
 *
 * @param index its number within the pass, from 0
 * @param inputs [n, ...example shape]
 * @param targets [n, ...target shape]
 */
public record Batch(int index, Tensor inputs, Tensor targets) {
  /**
   * These examples of a dataset, in memory of their own.
   *
   * @param seed where augmentation takes its chances from
   */
  public static Batch of(Dataset data, int[] indices, long seed) {
    Batch batch = room(data, indices.length);
    data.fill(indices, seed, batch.inputs(), batch.targets());
    return batch;
  }

  /** Memory for so many examples. */
  static Batch room(Dataset data, int size) {
    return new Batch(
        0,
        Tensor.allocate(data.type(), batched(size, data.exampleShape())),
        Tensor.allocate(data.targetType(), batched(size, data.targetShape())));
  }

  private static long[] batched(int size, long[] shape) {
    return LongStream.concat(LongStream.of(size), LongStream.of(shape)).toArray();
  }

  /** How many examples it has. */
  public int size() {
    return Math.toIntExact(inputs.dim(0));
  }
}
