package org.espalier.train.data;

import java.util.List;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** A dataset that is another, but for what a subclass sees in its own way. */
public abstract class ForwardingDataset implements Dataset {
  private final Dataset whole;

  protected ForwardingDataset(Dataset whole) {
    this.whole = whole;
  }

  @Override
  public int size() {
    return whole.size();
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
  public void fill(int[] indices, long seed, Tensor inputs, Tensor targets) {
    whole.fill(indices, seed, inputs, targets);
  }

  @Override
  public String hash() {
    return whole.hash();
  }
}
