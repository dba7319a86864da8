package org.espalier.prune.structured;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.DataType;
import org.espalier.torch.Libtorch;

/**
 * A layer that loses blocks of its columns one after the other, where the columns that are left
 * make up for each as well as they can: the optimal brain surgeon for blocks, {@code dW = -W_P
 * (H^-1_PP)^-1 H^-1_P}.
 *
 * <p>Every block has the same number of columns. What is eliminated can't be asked about again.
 */
final class BlockElimination {
  private final org.espalier.graph.Tensor weights;
  private final org.espalier.graph.Tensor inverse;
  private final org.espalier.graph.Tensor columns;
  private final double energy;

  /**
   * @param weights DOUBLE [rows, columns]
   * @param gram DOUBLE [columns, columns], X^T X of the layer's inputs
   * @param inverse DOUBLE [columns, columns], of the damped Gram matrix
   * @param columns INT64 [blocks, columns of a block]
   */
  BlockElimination(Tensor weights, Tensor gram, Tensor inverse, Tensor columns) {
    this.energy = weights.mm(gram).mul(weights).sum().item().toDouble();
    this.weights = Libtorch.copy(weights);
    this.inverse = Libtorch.copy(inverse);
    this.columns = Libtorch.copy(columns);
  }

  /**
   * By how much the squared error of the layer's output would grow without each block, relative to
   * the output's own squares; meaningless for blocks that are gone.
   */
  double[] costs() {
    try (var _ = new PointerScope()) {
      Tensor index = Libtorch.view(columns);
      long blocks = index.size(0);
      long width = index.size(1);
      Tensor flat = index.reshape(-1);
      Tensor part = Libtorch.view(weights).index_select(1, flat);
      Tensor byBlock = part.reshape(part.size(0), blocks, width).permute(1, 0, 2);
      Tensor corner = corners(index, blocks, width);
      Tensor solved = torch.linalg_solve(corner, byBlock.transpose(1, 2).contiguous(), true);
      Tensor cost = byBlock.transpose(1, 2).mul(solved).sum(new long[] {1, 2});
      var plain = Libtorch.copy(cost);
      double[] costs = new double[(int) blocks];
      for (int k = 0; k < costs.length; k++) {
        costs[k] = plain.realAt(k) / Math.max(energy, Double.MIN_NORMAL);
      }
      return costs;
    }
  }

  /** H^-1_PP of every block; the identity for those that are gone. */
  private Tensor corners(Tensor index, long blocks, long width) {
    Tensor all = Libtorch.view(inverse);
    Tensor rows = index.unsqueeze(2).expand(blocks, width, width);
    Tensor places = rows.mul(new Scalar(all.size(0))).add(rows.transpose(1, 2));
    Tensor corner = all.reshape(-1).index_select(0, places.reshape(-1));
    Tensor square = corner.reshape(blocks, width, width).clone();
    Tensor gone = square.diagonal(0, 1, 2).eq(new Scalar(0.0));
    square.diagonal(0, 1, 2).masked_fill_(gone, new Scalar(1.0));
    return square;
  }

  /** Takes a block out. */
  void eliminate(int block) {
    try (var _ = new PointerScope()) {
      Tensor index = Libtorch.view(columns).select(0, block);
      Tensor all = Libtorch.view(inverse);
      Tensor w = Libtorch.view(weights);
      Tensor rows = all.index_select(0, index);
      Tensor corner = rows.index_select(1, index);
      Tensor scaled = torch.linalg_solve(corner, rows, true);
      w.sub_(w.index_select(1, index).mm(scaled));
      all.sub_(rows.t().mm(scaled));
      w.index_fill_(1, index, new Scalar(0.0));
      all.index_fill_(0, index, new Scalar(0.0));
      all.index_fill_(1, index, new Scalar(0.0));
    }
  }

  /** The layer as it is now: DOUBLE [rows, columns]. */
  org.espalier.graph.Tensor weights() {
    return weights;
  }

  static org.espalier.graph.Tensor index(long[] columns, int blocks) {
    var index = org.espalier.graph.Tensor.allocate(DataType.INT64, blocks, columns.length / blocks);
    org.espalier.graph.Tensor plain = org.espalier.graph.Tensor.of(columns, columns.length);
    index.data().copyFrom(plain.data());
    return index;
  }
}
