package org.espalier.train.data;

import java.util.Arrays;
import java.util.List;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Some examples of another dataset. */
final class Subset implements Dataset {
  private final Dataset whole;
  private final int[] indices;

  Subset(Dataset whole, int[] indices) {
    for (int index : indices) {
      if (index < 0 || index >= whole.size()) {
        throw new InvalidInputException(
            "example %d of a dataset of %d".formatted(index, whole.size()));
      }
    }
    this.whole = whole;
    this.indices = indices.clone();
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public DataType type() {
    return whole.type();
  }

  @Override
  public long[] exampleShape() {
    return whole.exampleShape();
  }

  @Override
  public int classes() {
    return whole.classes();
  }

  @Override
  public long[] targetShape() {
    return whole.targetShape();
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public void fill(int[] wanted, long seed, Tensor inputs, Tensor targets) {
    whole.fill(Arrays.stream(wanted).map(k -> indices[k]).toArray(), seed, inputs, targets);
  }

  @Override
  public String hash() {
    var digest = new Digest().add(whole.hash());
    for (int index : indices) {
      digest.add(index);
    }
    return digest.hex();
  }
}
