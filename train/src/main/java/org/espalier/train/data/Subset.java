package org.espalier.train.data;

import java.util.Arrays;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Some examples of another dataset. */
final class Subset extends ForwardingDataset {
  private final int[] indices;

  Subset(Dataset whole, int[] indices) {
    super(whole);
    for (int index : indices) {
      if (index < 0 || index >= whole.size()) {
        throw new InvalidInputException(
            "example %d of a dataset of %d".formatted(index, whole.size()));
      }
    }
    this.indices = indices.clone();
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public void fill(int[] wanted, long seed, Tensor inputs, Tensor targets) {
    super.fill(Arrays.stream(wanted).map(k -> indices[k]).toArray(), seed, inputs, targets);
  }

  @Override
  public String hash() {
    var digest = new Digest().add(super.hash());
    for (int index : indices) {
      digest.add(index);
    }
    return digest.hex();
  }
}
