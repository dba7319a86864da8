package org.espalier.prune;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.torch.Libtorch;

/** A layer's weights as a matrix on libtorch, and back in the order of its tensor. */
public final class LayerMatrix {
  private LayerMatrix() {}

  /** The weights in float64: a copy [rows, columns], of the pointer scope around. */
  public static Tensor of(Layer layer) {
    return matrix(layer, Libtorch.view(layer.tensor()));
  }

  /** Values in the order of the layer's tensor, such as gradients, as a matrix in float64. */
  public static Tensor of(Layer layer, org.espalier.graph.Tensor values) {
    return matrix(layer, Libtorch.view(values));
  }

  private static Tensor matrix(Layer layer, Tensor flat) {
    Tensor real = flat.to(ScalarType.Double);
    if (!layer.transposed()) {
      return real.reshape(layer.rows(), layer.columns()).clone();
    }
    long outputs = layer.tensor().dim(-1);
    return real.reshape(-1, layer.columns(), outputs)
        .permute(0, 2, 1)
        .reshape(layer.rows(), layer.columns())
        .clone();
  }

  /** A matrix [rows, columns] as a tensor of the layer's type, shape and order. */
  public static org.espalier.graph.Tensor tensor(Layer layer, Tensor matrix) {
    var tensor = org.espalier.graph.Tensor.allocate(layer.tensor().type(), layer.tensor().dims());
    try (var _ = new PointerScope()) {
      Tensor target = Libtorch.view(tensor);
      if (layer.transposed()) {
        long outputs = layer.tensor().dim(-1);
        target
            .reshape(-1, layer.columns(), outputs)
            .copy_(matrix.reshape(-1, outputs, layer.columns()).permute(0, 2, 1));
      } else {
        target.reshape(layer.rows(), layer.columns()).copy_(matrix);
      }
    }
    return tensor;
  }
}
