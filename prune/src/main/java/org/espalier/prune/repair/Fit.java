package org.espalier.prune.repair;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.prune.Layer;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Site;
import org.espalier.torch.Libtorch;
import org.espalier.torch.TorchModel;

/**
 * A layer of the pruned network that is to be fitted, and what to.
 *
 * @param bias the constant that its intercept goes to; null where there is none
 * @param target what its output is to be
 */
record Fit(Layer layer, Site site, String bias, Target target) {
  /** A scale below this share of the largest makes its channel too faint to be fitted by. */
  private static final double FAINT = 1e-4;

  /**
   * How a layer is fitted; empty for one whose weight is no plain matrix of one product.
   *
   * @param summed whether the sum with a shortcut is fitted, where one is added to the output
   */
  static Optional<Fit> of(
      Graph graph, Layer layer, Map<String, List<Node>> consumers, boolean summed) {
    List<Site> sites =
        Site.of(graph, consumers, layer.weight(), graph.initializer(layer.weight()).get().dims());
    Node node = layer.node();
    boolean plain = node.is("Conv") || layer.tensor().rank() == 2;
    if (sites.size() != 1 || !plain || node.is("ConvTranspose") || isLeft(sites.getFirst())) {
      return Optional.empty();
    }
    Target target = Target.of(graph, node, layer.rows(), consumers, summed);
    String bias = Intercepts.of(graph, node, layer.rows(), consumers).orElse(null);
    return Optional.of(new Fit(layer, sites.getFirst(), bias, target));
  }

  private static boolean isLeft(Site site) {
    return site.node().inputs().indexOf(site.data()) == 1;
  }

  /** Whether both networks compute the values that the fit looks at. */
  boolean isSeen(TorchModel dense, TorchModel small) {
    return dense.has(target.value())
        && small.has(site.data())
        && (target.shortcut() == null || small.has(target.shortcut()));
  }

  private boolean isConvolution() {
    return layer.node().is("Conv");
  }

  /** The channels of the original's target that the pruned network still has; none means all. */
  int[] kept(Removal removal, Tensor value) {
    int axis = isConvolution() ? 1 : (int) value.dim() - 1;
    return removal.kept(new Axis(target.value(), axis));
  }

  /**
   * A value as rows of outputs.
   *
   * @param kept which channels; none given means all
   */
  Tensor rows(Tensor value, int... kept) {
    Tensor last = value;
    if (isConvolution()) {
      long[] order = new long[(int) value.dim()];
      for (int k = 2; k < order.length; k++) {
        order[k - 1] = k;
      }
      order[order.length - 1] = 1;
      last = value.permute(order);
    }
    Tensor rows = last.reshape(-1, last.size(-1));
    if (kept.length == 0) {
      return rows;
    }
    long[] places = Arrays.stream(kept).asLongStream().toArray();
    return rows.index_select(1, Libtorch.view(org.espalier.graph.Tensor.of(places, places.length)));
  }

  /** The layer's own output that makes the target hold such rows. */
  Tensor output(Tensor aims) {
    Tensor scale = Libtorch.view(org.espalier.graph.Tensor.of(target.scale(), layer.rows()));
    Tensor faint = scale.abs().lt(scale.abs().max().mul(new Scalar(FAINT)));
    return aims.to(ScalarType.Double)
        .sub(Libtorch.view(org.espalier.graph.Tensor.of(target.shift(), layer.rows())))
        .div(scale.masked_fill(faint, new Scalar(1.0)));
  }

  /** Puts the solution into the network that runs and into {@code mended}. */
  void solve(
      NormalEquations equations,
      double damping,
      TorchModel small,
      Map<String, org.espalier.graph.Tensor> mended) {
    try (var _ = new PointerScope()) {
      org.espalier.graph.Tensor running = small.weights().get(layer.weight());
      Tensor weight = Libtorch.view(running);
      Tensor matrix = layer.transposed() ? weight.t() : weight.reshape(layer.rows(), -1);
      Tensor intercept = null;
      Tensor offset = null;
      if (bias != null) {
        offset = Libtorch.view(small.weights().get(bias)).reshape(-1);
        intercept = torch.zeros_like(offset);
      }
      equations.solve(matrix, intercept, damping);
      mended.put(layer.weight(), running.copy());
      if (bias != null) {
        boolean inside = layer.node().inputs().contains(bias);
        offset.copy_(inside ? intercept : offset.add(intercept));
        mended.put(bias, small.weights().get(bias).copy());
      }
    }
  }
}
