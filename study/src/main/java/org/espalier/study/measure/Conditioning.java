package org.espalier.study.measure;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.torch.Libtorch;

/**
 * How much a layer can amplify: its weight matrix's spectral norm, and its condition number, the
 * largest singular value over the smallest, which heavy pruning drives up (Feng et al., 2025). A
 * convolution is the matrix [outputs, inputs x window].
 */
final class Conditioning implements Measurement.OfOne {
  @Override
  public String name() {
    return "conditioning";
  }

  @Override
  public String title() {
    return "spectral norm and condition number of each layer's weights";
  }

  @Override
  public Findings of(Subject subject) {
    var table = new Findings.Table("layers", "layer", "spectral norm", "condition number", "rank");
    double largest = 0;
    double product = 0;
    int done = 0;
    for (Layer layer : subject.layers()) {
      subject.progress(name(), done++, subject.layers().size());
      double[] singular = singular(layer);
      double condition = condition(singular);
      int rank = rank(singular, Math.max(layer.rows(), layer.columns()));
      table = table.row(layer.weight(), singular[0], condition, rank);
      largest = Math.max(largest, singular[0]);
      product += Math.log10(singular[0]);
    }
    return Findings.NONE
        .and("largestNorm", largest)
        .and("log10OfProductOfNorms", product)
        .and(table);
  }

  /** Infinite, said as NaN, where a row or column is a combination of others. */
  static double condition(double[] singular) {
    double least = singular[singular.length - 1];
    return least <= singular[0] * 1e-12 ? Double.NaN : singular[0] / least;
  }

  private static int rank(double[] singular, int size) {
    int rank = 0;
    for (double value : singular) {
      rank += value > size * Math.ulp(1f) * singular[0] ? 1 : 0;
    }
    return rank;
  }

  /** In descending order. */
  static double[] singular(Layer layer) {
    double[] values = new double[layer.size()];
    for (int row = 0; row < layer.rows(); row++) {
      for (int column = 0; column < layer.columns(); column++) {
        values[row * layer.columns() + column] = layer.tensor().realAt(layer.index(row, column));
      }
    }
    try (var _ = new PointerScope()) {
      var matrix = Libtorch.view(Tensor.of(values, layer.rows(), layer.columns()));
      Tensor found = Libtorch.copy(torch.linalg_svdvals(matrix));
      double[] singular = new double[(int) found.size()];
      for (int k = 0; k < singular.length; k++) {
        singular[k] = found.realAt(k);
      }
      return singular;
    }
  }
}
