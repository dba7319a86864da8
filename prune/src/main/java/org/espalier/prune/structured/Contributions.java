package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.evidence.Gram;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * What channels contribute to the outputs of the layers that read them. With x_c the part of all
 * outputs that channel c makes, the products x_c x_d say how far any set of channels would move the
 * outputs. They follow from the Gram matrix of the layer's inputs and its weights, exactly and over
 * all outputs and positions where ThiNet samples some.
 *
 * @param greedy whether channels are scored by when they go if one after the other goes whose
 *     removal, on top of those before, moves the outputs least (ThiNet, Luo et al., 2017); else by
 *     how far each alone moves them
 */
public record Contributions(boolean greedy) implements GroupSaliency {
  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRAM);
  }

  @Override
  public Optional<String> silence(Group group, Subject subject) {
    return Readers.silence(group, subject);
  }

  @Override
  public double[] score(Group group, Subject subject) {
    double[][] products = new double[group.size()][group.size()];
    for (Member reader : Readers.of(group, subject)) {
      double[][] own = products(group, reader, subject);
      for (int c = 0; c < products.length; c++) {
        for (int d = 0; d < products.length; d++) {
          products[c][d] += own[c][d];
        }
      }
    }
    if (greedy) {
      return order(products);
    }
    double[] alone = new double[group.size()];
    Arrays.setAll(alone, channel -> products[channel][channel]);
    return alone;
  }

  /** The place of each channel when the one goes next that adds least, in (0, 1]. */
  static double[] order(double[][] products) {
    int size = products.length;
    double[] places = new double[size];
    double[] cross = new double[size];
    for (int step = 1; step <= size; step++) {
      int best = -1;
      double least = Double.POSITIVE_INFINITY;
      for (int c = 0; c < size; c++) {
        double added = products[c][c] + 2 * cross[c];
        if (places[c] == 0 && (best < 0 || added < least)) {
          best = c;
          least = added;
        }
      }
      places[best] = (double) step / size;
      for (int c = 0; c < size; c++) {
        cross[c] += products[c][best];
      }
    }
    return places;
  }

  /** x_c x_d of one layer for all pairs of the group's channels, summed over its outputs. */
  static double[][] products(Group group, Member reader, Subject subject) {
    Tensor weight = subject.weight(reader);
    Gram gram = subject.evidence().gram(reader.weight().value());
    int[] columns = Readers.columns(reader, weight);
    double[][] products = new double[group.size()][group.size()];
    if (gram.groups() != 1 || gram.columns() != columns.length) {
      return products; // a grouped convolution's inputs are told apart by its outputs
    }
    Tensor squared = squared(weight, columns.length, reader.weight().axis() == 0, gram);
    for (int j = 0; j < columns.length; j++) {
      for (int k = 0; k < columns.length && columns[j] >= 0; k++) {
        if (columns[k] >= 0) {
          products[columns[j]][columns[k]] += squared.realAt((long) j * columns.length + k);
        }
      }
    }
    return products;
  }

  /** W^T W times the Gram matrix, entry by entry. */
  private static Tensor squared(Tensor weight, int columns, boolean transposed, Gram gram) {
    Tensor result = Tensor.allocate(DataType.DOUBLE, columns, columns);
    try (var _ = new PointerScope()) {
      var matrix = Libtorch.view(weight).to(ScalarType.Double);
      var rows = transposed ? matrix.reshape(columns, -1).t() : matrix.reshape(-1, columns);
      Libtorch.view(result).copy_(rows.t().matmul(rows).mul(Libtorch.view(gram.matrix(0))));
    }
    return result;
  }
}
