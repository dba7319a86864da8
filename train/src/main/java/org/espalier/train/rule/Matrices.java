package org.espalier.train.rule;

import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.Layer;

/** A layer's weight, or something of its shape, as a matrix with a row for each output. */
final class Matrices {
  private Matrices() {}

  /** [rows, columns], with the history of {@code tensor}. */
  static Tensor of(Layer layer, Tensor tensor) {
    Tensor own = tensor.reshape(layer.tensor().dims());
    return (layer.transposed() ? own.transpose(-2, -1) : own)
        .reshape(layer.rows(), layer.columns());
  }

  /** The way back: [rows, columns] in the shape of {@code like}. */
  static Tensor back(Layer layer, Tensor matrix, Tensor like) {
    if (!layer.transposed()) {
      return matrix.reshape_as(like);
    }
    long[] dims = layer.tensor().dims();
    long inputs = dims[dims.length - 2];
    dims[dims.length - 2] = dims[dims.length - 1];
    dims[dims.length - 1] = inputs;
    return matrix.reshape(dims).transpose(-2, -1).reshape_as(like);
  }
}
