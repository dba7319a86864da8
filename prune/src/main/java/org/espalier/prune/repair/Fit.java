package org.espalier.prune.repair;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
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

  /** Elements of unfolded input at a time. */
  private static final long SLICE = 8L << 20;

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

  boolean isConvolution() {
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
    return Kept.of(last.reshape(-1, last.size(-1)), 1, kept);
  }

  /** Some of each example's rows; no places given means all. */
  static Tensor taken(Tensor rows, long examples, long... places) {
    return places.length == 0
        ? rows
        : rows.reshape(examples, -1, rows.size(1)).index_select(1, index(places)).flatten(0, 1);
  }

  /**
   * The layer's inputs as rows, with a column of ones at the end.
   *
   * @param places which of each example's rows; none given means all
   * @return [groups, rows, columns + 1]
   */
  Tensor inputs(Tensor data, long... places) {
    long examples = data.size(0);
    long elements = data.numel() / examples * layer.columns() / Math.max(1, data.size(1));
    long step = isConvolution() ? Math.max(1, SLICE / Math.max(1, elements)) : examples;
    var parts = new TensorVector();
    for (long first = 0; first < examples; first += step) {
      long count = Math.min(step, examples - first);
      Tensor x = site.rows(isConvolution() ? data.narrow(0, first, count) : data);
      if (places.length > 0) {
        x = x.unflatten(1, new long[] {count, -1}).index_select(2, index(places)).flatten(1, 2);
      }
      parts.push_back(x);
    }
    Tensor x = torch.cat(parts, 1);
    return torch.cat(new TensorVector(x, torch.ones_like(x.narrow(2, 0, 1))), 2);
  }

  private static Tensor index(long... places) {
    return Libtorch.view(org.espalier.graph.Tensor.of(places, places.length));
  }

  /** The layer's own output that makes the target hold such rows, but for the shortcut. */
  Tensor output(Tensor aims) {
    Tensor scale = vector(target.scale());
    Tensor faint = scale.abs().lt(scale.abs().max().mul(new Scalar(FAINT)));
    return aims.to(ScalarType.Double)
        .sub(vector(target.shift()))
        .div(scale.masked_fill(faint, new Scalar(1.0)));
  }

  /** What the target holds where the layer gives this, but for the shortcut. */
  Tensor value(Tensor output) {
    return output.mul(vector(target.scale())).add(vector(target.shift()));
  }

  private Tensor vector(double... values) {
    return Libtorch.view(org.espalier.graph.Tensor.of(values, layer.rows()));
  }

  /** Puts the solution into the network that runs and into {@code mended}. */
  void solve(
      Fitting fitting,
      double damping,
      TorchModel small,
      Map<String, org.espalier.graph.Tensor> mended) {
    try (var _ = new PointerScope()) {
      org.espalier.graph.Tensor running = small.weights().get(layer.weight());
      Tensor weight = Libtorch.view(running);
      Tensor matrix = layer.transposed() ? weight.t() : weight.reshape(layer.rows(), -1);
      NormalEquations equations = fitting.solved(matrix, bias != null, damping);
      if (bias == null) {
        equations.store(matrix, null);
      } else {
        org.espalier.graph.Tensor constant = small.weights().get(bias);
        Tensor offset = Libtorch.view(constant).reshape(-1);
        Tensor intercept = torch.zeros_like(offset);
        equations.store(matrix, intercept);
        boolean inside = layer.node().inputs().contains(bias);
        offset.copy_(inside ? intercept : offset.add(intercept));
        mended.put(bias, constant.copy());
      }
      mended.put(layer.weight(), running.copy());
    }
  }
}
