package org.espalier.prune.method;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.LayerMatrix;
import org.espalier.prune.Mask;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.repair.Target;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * Net-Trim (Aghasi et al., 2020): the sparsest weights, by L1 norm, whose answers behind the ReLU
 * are the dense ones up to epsilon. Epsilon grows until few enough weights are left; these are then
 * fitted without the norm, which makes them small. Layers see the dense network's inputs. Biases
 * and batch normalisation stay as they are and say where the ReLU cuts off.
 */
public final class NetTrim implements WeightMethod {
  /** How many rows of a layer's inputs are answered for. */
  private static final int SAMPLES = 1024;

  /** The first epsilon, as a share of the length of the dense answers. */
  private static final double FIRST_GAIN = 0.02;

  /** What epsilon is multiplied with from one round to the next. */
  private static final double GROWTH = 1.3;

  private static final int ROUNDS = 15;

  /** Steps of ADMM in each round, which goes on from the one before. */
  private static final int STEPS = 12;

  private static final int FIT_STEPS = 60;

  @Override
  public About about() {
    return About.of(
            "net-trim",
            "Net-Trim",
            "Finds the weights of least L1 norm with which a layer answers as before behind its"
                + " ReLU; for networks with ReLU and some hundred unlabelled examples.")
        .paper("Aghasi et al.", 2020, "arXiv:1806.06457")
        .patterns("unstructured", "N:M", "block")
        .needs("rows");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.ROWS);
  }

  /** One gain for all layers, which the paper takes, leaves small layers denser too. */
  @Override
  public Allocation allocation() {
    return Allocation.ERK;
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    Graph graph = task.model().graph();
    Map<String, List<Node>> consumers = graph.consumers();
    return task.layerByLayer(
        Saliency.magnitude(),
        false,
        (layer, goal, evidence) -> solve(layer, goal, evidence, Cut.of(graph, consumers, layer)));
  }

  /**
   * Where a ReLU cuts off a layer's products.
   *
   * @param limits of each row, up to which nothing passes; minus infinity where there is no ReLU
   * @param signs minus one where large products are cut off instead of small ones
   */
  record Cut(double[] limits, double[] signs) {
    static Cut of(Graph graph, Map<String, List<Node>> consumers, Layer layer) {
      var cut = new Cut(new double[layer.rows()], new double[layer.rows()]);
      Node node = layer.node();
      boolean plain = !node.is("ConvTranspose") && node.real("alpha", 1) == 1;
      Target target = Target.behindProduct(graph, node, layer.rows(), consumers);
      List<Node> next = consumers.getOrDefault(target.value(), List.of());
      boolean rectified = plain && next.size() == 1 && next.getFirst().is("Relu");
      for (int row = 0; row < layer.rows(); row++) {
        double scale = target.scale()[row];
        boolean cuts = rectified && scale != 0;
        cut.signs[row] = cuts && scale < 0 ? -1 : 1;
        cut.limits[row] = cuts ? -target.shift()[row] / Math.abs(scale) : Double.NEGATIVE_INFINITY;
      }
      return cut;
    }
  }

  static Solution solve(Layer layer, Goal goal, Evidence evidence, Cut cut) {
    if (goal.prune() == goal.standing().pruned()) {
      return Solution.masked(layer, goal.standing());
    }
    try (var _ = new PointerScope()) {
      Tensor inputs = LinearAlgebra.real(Libtorch.view(evidence.rows(layer.weight())));
      long samples = Math.min(SAMPLES, inputs.size(1));
      long rows = layer.rows() / inputs.size(0);
      Tensor signs = Libtorch.view(org.espalier.graph.Tensor.of(cut.signs, layer.rows(), 1));
      Tensor limits = Libtorch.view(org.espalier.graph.Tensor.of(cut.limits, layer.rows()));
      Tensor dense = LayerMatrix.of(layer).mul_(signs);
      double kept = 1 - (double) goal.prune() / layer.size();
      var trims = new ArrayList<ConvexTrim>();
      Tensor ranking = LinearAlgebra.zeros(layer.rows(), layer.columns());
      for (long group = 0; group < inputs.size(0); group++) {
        long first = group * rows;
        var trim =
            new ConvexTrim(
                inputs.select(0, group).narrow(0, 0, samples),
                dense.narrow(0, first, rows),
                limits.narrow(0, first, rows));
        shrink(trim, Math.round(kept * rows * layer.columns()));
        ranking.narrow(0, first, rows).copy_(trim.ranking());
        trims.add(trim);
      }
      org.espalier.graph.Tensor ranks = LayerMatrix.tensor(layer, ranking);
      Mask mask = goal.select(layer, Scores.of(layer, ranks, (_, rank) -> rank));
      Tensor ones = LayerMatrix.of(layer, ones(layer, mask));
      for (int group = 0; group < trims.size(); group++) {
        long first = group * rows;
        Tensor fitted = trims.get(group).fit(ones.narrow(0, first, rows), FIT_STEPS);
        dense.narrow(0, first, rows).copy_(fitted);
      }
      return Solution.of(LayerMatrix.tensor(layer, dense.mul_(signs)), mask);
    }
  }

  /** Lets epsilon grow until so many weights are left at most. */
  private static void shrink(ConvexTrim trim, long kept) {
    double epsilon = FIRST_GAIN * trim.norm();
    for (int round = 0; round < ROUNDS; round++) {
      trim.solve(epsilon, STEPS);
      if (trim.sparse().count_nonzero().item().toLong() <= kept) {
        return;
      }
      epsilon *= GROWTH;
    }
  }

  private static org.espalier.graph.Tensor ones(Layer layer, Mask mask) {
    org.espalier.graph.Tensor ones = layer.tensor().copy();
    for (int k = 0; k < layer.size(); k++) {
      ones.setReal(k, mask.keeps(k) ? 1 : 0);
    }
    return ones;
  }
}
