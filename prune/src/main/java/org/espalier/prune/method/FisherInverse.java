package org.espalier.prune.method;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.Layer;
import org.espalier.torch.Libtorch;

/**
 * The inverse of a layer's damped empirical Fisher matrix, cut into blocks along its diagonal.
 * Blocks go side by side, each in a pointer scope of its own.
 */
final class FisherInverse implements AutoCloseable {
  private final Layer layer;
  private final org.espalier.graph.Tensor gradients;
  private final int size;
  private final double lambda;
  private final FisherBlock[] kept;
  private final double[] diagonal;

  /**
   * Factors all blocks.
   *
   * @param gradients FLOAT [n, size of the layer], of each example
   * @param size how many weights, consecutive in the layer's tensor, a block has
   * @param lambda what is added to the matrix's diagonal
   * @param keep whether factors are kept for {@link #times}, else made again
   */
  FisherInverse(
      Layer layer, org.espalier.graph.Tensor gradients, int size, double lambda, boolean keep) {
    this.layer = layer;
    this.gradients = gradients;
    this.size = size;
    this.lambda = lambda;
    kept = new FisherBlock[Math.ceilDiv(layer.size(), size)];
    diagonal = new double[layer.size()];
    forEachBlock(
        number -> {
          FisherBlock block = block(number);
          read(block.diagonal(), diagonal, number);
          if (keep) {
            block.keep();
            kept[number] = block;
          }
        });
  }

  /** The inverse's diagonal, in the order of the layer's tensor. */
  double[] diagonal() {
    return diagonal;
  }

  /** The inverse times a vector in the order of the layer's tensor. */
  double[] times(double[] vector) {
    double[] product = new double[vector.length];
    forEachBlock(
        number -> {
          FisherBlock block = kept[number] == null ? block(number) : kept[number];
          double[] part = Arrays.copyOfRange(vector, number * size, last(number));
          Tensor asked = Libtorch.view(org.espalier.graph.Tensor.of(part, part.length));
          read(block.times(asked), product, number);
        });
    return product;
  }

  private FisherBlock block(int number) {
    long first = (long) number * size;
    long count = last(number) - first;
    Tensor weights = Libtorch.view(layer.tensor()).reshape(-1).narrow(0, first, count);
    Tensor own = Libtorch.view(gradients).narrow(1, first, count);
    return new FisherBlock(own, weights.ne(new Scalar(0.0)), lambda);
  }

  private int last(int number) {
    return Math.min((number + 1) * size, layer.size());
  }

  private void read(Tensor part, double[] whole, int number) {
    int first = number * size;
    part.contiguous().data_ptr_double().get(whole, first, last(number) - first);
  }

  private void forEachBlock(IntConsumer visitor) {
    IntStream.range(0, kept.length)
        .parallel()
        .forEach(
            number -> {
              try (var _ = new PointerScope()) {
                visitor.accept(number);
              }
            });
  }

  @Override
  public void close() {
    Arrays.stream(kept).filter(Objects::nonNull).forEach(FisherBlock::close);
  }
}
