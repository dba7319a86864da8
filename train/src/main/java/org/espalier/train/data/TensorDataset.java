package org.espalier.train.data;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Examples and targets as two tensors whose first axis counts the examples. */
public final class TensorDataset implements Dataset {
  private final Tensor examples;
  private final Tensor targets;
  private final List<String> classNames;

  private TensorDataset(Tensor examples, Tensor targets, List<String> classNames) {
    this.examples = examples;
    this.targets = targets;
    this.classNames = List.copyOf(classNames);
  }

  /**
   * Examples with a class each.
   *
   * @param examples FLOAT or INT64, [n, ...]
   * @param labels INT64, [n]
   */
  public static TensorDataset classified(Tensor examples, Tensor labels, List<String> classNames) {
    check(examples, labels, DataType.INT64);
    for (long k = 0; k < labels.size(); k++) {
      long label = labels.integerAt(k);
      if (label < 0 || label >= classNames.size()) {
        throw new InvalidInputException(
            "example %d has label %d, expected 0 to %d".formatted(k, label, classNames.size() - 1));
      }
    }
    return new TensorDataset(examples, labels, classNames);
  }

  /**
   * Examples with real numbers to predict.
   *
   * @param examples FLOAT or INT64, [n, ...]
   * @param targets FLOAT, [n, ...]
   */
  public static TensorDataset regression(Tensor examples, Tensor targets) {
    check(examples, targets, DataType.FLOAT);
    return new TensorDataset(examples, targets, List.of());
  }

  private static void check(Tensor examples, Tensor targets, DataType expected) {
    if (examples.rank() == 0 || examples.dim(0) == 0) {
      throw new InvalidInputException("examples of shape %s: none".formatted(examples.shape()));
    }
    if (examples.type() != DataType.FLOAT && examples.type() != DataType.INT64) {
      throw new InvalidInputException("examples are " + examples.type() + ", expected FLOAT");
    }
    if (targets.type() != expected || targets.rank() == 0 || targets.dim(0) != examples.dim(0)) {
      throw new InvalidInputException(
          "examples %s with targets %s, expected %s of the same count"
              .formatted(examples, targets, expected));
    }
  }

  @Override
  public int size() {
    return Math.toIntExact(examples.dim(0));
  }

  @Override
  public DataType type() {
    return examples.type();
  }

  @Override
  public long[] exampleShape() {
    return Arrays.copyOfRange(examples.dims(), 1, examples.rank());
  }

  @Override
  public int classes() {
    return classNames.size();
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public long[] targetShape() {
    return Arrays.copyOfRange(targets.dims(), 1, targets.rank());
  }

  @Override
  public void fill(int[] indices, long seed, Tensor inputs, Tensor wanted) {
    gather(examples, indices, inputs);
    gather(targets, indices, wanted);
  }

  private static void gather(Tensor from, int[] indices, Tensor to) {
    long row = from.data().byteSize() / from.dim(0);
    for (int k = 0; k < indices.length; k++) {
      MemorySegment.copy(from.data(), indices[k] * row, to.data(), k * row, row);
    }
  }

  @Override
  public TensorDataset subset(int... indices) {
    return new TensorDataset(rows(examples, indices), rows(targets, indices), classNames);
  }

  private static Tensor rows(Tensor from, int[] indices) {
    long[] dims = from.dims();
    dims[0] = indices.length;
    Tensor rows = Tensor.allocate(from.type(), dims);
    gather(from, indices, rows);
    return rows;
  }

  @Override
  public String hash() {
    return new Digest().add(examples).add(targets).hex();
  }
}
