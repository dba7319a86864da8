package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.HashMap;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * ThiNet's repair (Luo et al., 2017): each layer that reads a group gets one factor for each
 * channel that stays, such that its outputs come nearest to what they were, in the least-squares
 * sense. Far fewer numbers than fitting all weights, so few inputs will do.
 */
public final class Rescaling {
  /** Keeps channels that contribute nothing from making the equations singular. */
  private static final double DAMPING = 1e-8;

  private Rescaling() {}

  /**
   * The pruned model with its readers' weights scaled.
   *
   * @param subject the network before, with the Gram matrices of its layers' inputs
   */
  public static Model of(Removal removal, Model pruned, Subject subject) {
    Graph graph = pruned.graph();
    var scaled = new HashMap<String, Tensor>();
    for (Group group : removal.coupling().groups()) {
      int[] kept =
          IntStream.range(0, group.size()).filter(k -> removal.keeps(group.first() + k)).toArray();
      if (kept.length == group.size()) {
        continue;
      }
      for (Member reader : Readers.of(group, subject)) {
        double[] factors = factors(Contributions.products(group, reader, subject), kept);
        String name = reader.weight().value();
        Tensor weight =
            scaled.computeIfAbsent(name, w -> graph.initializer(w).orElseThrow().copy());
        scale(weight, reader, removal, factors);
      }
    }
    return pruned.withGraph(graph.replacing(scaled));
  }

  /**
   * The factor of every channel; one where it doesn't matter.
   *
   * @param products what channels contribute to the reader's outputs, multiplied with each other
   *     and summed over outputs
   * @param kept the channels that stay
   */
  static double[] factors(double[][] products, int... kept) {
    double[] factors = new double[products.length];
    Arrays.fill(factors, 1);
    double all = IntStream.range(0, products.length).mapToDouble(k -> products[k][k]).sum();
    if (all == 0) {
      return factors;
    }
    // (P_kept,kept) a = P_kept,all 1, with a = 1 + b: what is gone must come from b.
    int size = kept.length;
    double[] system = new double[size * size];
    double[] missing = new double[size];
    for (int k = 0; k < size; k++) {
      missing[k] = Arrays.stream(products[kept[k]]).sum();
      for (int j = 0; j < size; j++) {
        system[k * size + j] = products[kept[k]][kept[j]];
        missing[k] -= products[kept[k]][kept[j]];
      }
      system[k * size + k] += DAMPING * all / products.length;
    }
    try (var _ = new PointerScope()) {
      Tensor solution =
          Libtorch.copy(
              LinearAlgebra.solve(
                  Libtorch.view(Tensor.of(system, size, size)),
                  Libtorch.view(Tensor.of(missing, size, 1))));
      for (int k = 0; k < size; k++) {
        factors[kept[k]] += solution.realAt(k);
      }
    }
    return factors;
  }

  private static void scale(Tensor weight, Member reader, Removal removal, double[] factors) {
    int[] places = removal.kept(reader.weight());
    long inner = weight.stride(reader.weight().axis());
    for (long k = 0; k < weight.size(); k++) {
      int channel = reader.channels()[places[(int) (k / inner % places.length)]];
      if (channel >= 0) {
        weight.setReal(k, weight.realAt(k) * factors[channel]);
      }
    }
  }
}
