package org.espalier.train.data;

import java.util.List;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Examples with what should be said of them, drawn by index. Immutable and safe to share between
 * threads.
 */
public interface Dataset {
  /** How many examples there are. */
  int size();

  /** The type of an example's elements: FLOAT, or INT64 for tokens. */
  default DataType type() {
    return DataType.FLOAT;
  }

  /** The shape of one example, such as [1, 28, 28]. */
  long[] exampleShape();

  /** How many classes, or tokens, the targets tell apart; 0 where they are real numbers. */
  int classes();

  /** The shape of one target: [] for a label, [T] for a window of T tokens or T real numbers. */
  default long[] targetShape() {
    return new long[0];
  }

  /** Whether each example is of one class. */
  default boolean isLabelled() {
    return classes() > 0 && targetShape().length == 0;
  }

  /** Whether targets are the tokens that follow those of an example. */
  default boolean isText() {
    return classes() > 0 && targetShape().length == 1;
  }

  /** INT64 for classes, FLOAT for real numbers. */
  default DataType targetType() {
    return classes() > 0 ? DataType.INT64 : DataType.FLOAT;
  }

  /** The names of the classes, in the order of their numbers. */
  default List<String> classNames() {
    return IntStream.range(0, classes()).mapToObj(Integer::toString).toList();
  }

  /**
   * Draws examples.
   *
   * @param indices which ones, each from 0 and less than {@link #size}
   * @param seed where augmentation takes its chances from; a dataset without any ignores it
   * @param inputs receives the examples, [indices.length, ...exampleShape]
   * @param targets receives the targets, [indices.length, ...targetShape]
   */
  void fill(int[] indices, long seed, Tensor inputs, Tensor targets);

  /** SHA-256 over all examples and targets as stored, in hex: the data's identity in a result. */
  String hash();

  /** Some of the examples, in this order. */
  default Dataset subset(int... indices) {
    return new Subset(this, indices);
  }

  /**
   * So many examples, evenly spaced: files are often sorted by class, so that the first would be
   * all of a kind.
   */
  default Dataset spread(int count) {
    return subset(IntStream.range(0, count).map(k -> (int) ((long) k * size() / count)).toArray());
  }

  /** The examples from {@code from} and before {@code to}. */
  default Dataset slice(int from, int to) {
    return subset(IntStream.range(from, to).toArray());
  }
}
