package org.espalier.prune.repair;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Constants;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.prune.Layer;
import org.espalier.prune.LayerMatrix;
import org.espalier.prune.Layers;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Site;
import org.espalier.torch.PausingPass;
import org.espalier.torch.TorchModel;

/**
 * Every channel of every layer gets the mean and spread back that it had in the original (REPAIR:
 * Jordan et al., 2023; after pruning: Qu and Horvath, 2024). Layer by layer, each on the inputs
 * that the mended layers before it make; scale and shift go into weights and bias, so that nothing
 * is added to the graph but a convolution's missing bias, and zeros stay zero.
 *
 * <p>A layer without a bias that isn't a convolution gets the spread back, not the mean.
 *
 * @param shifts whether means are reset, too; spreads alone are the more important half
 */
public record Renormalization(boolean shifts) implements Repair {
  /** How much smaller than the original a spread may be at most and still be reset. */
  private static final double FAINT = 1e-3;

  /** Elements of a convolution's input that are unfolded at a time. */
  private static final long SLICE = 1L << 20;

  @Override
  public boolean mendsZeros() {
    return true;
  }

  @Override
  public Model repair(Removal removal, Model pruned, Calibration calibration) {
    Model original = removal.coupling().model();
    Model prepared = shifts ? Intercepts.added(pruned) : pruned;
    Graph graph = prepared.graph();
    Map<String, List<Node>> consumers = graph.consumers();
    List<Map<String, org.espalier.graph.Tensor>> batches = Calibration.inputs(calibration);
    var mended = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    var frozen = TorchModel.Options.usual().withTrainable(_ -> false);
    try (TorchModel dense = TorchModel.of(original, frozen);
        TorchModel small = TorchModel.of(prepared, frozen);
        PausingPass wanted = dense.pausing(batches);
        PausingPass given = small.pausing(batches)) {
      for (Layer layer : Layers.of(prepared).layers()) {
        List<Site> sites = Site.of(graph, consumers, layer.weight(), layer.tensor().dims());
        Site site = sites.getFirst();
        int[] kept = removal.kept(outputs(layer));
        if (sites.size() == 1
            && isPlain(site.node())
            && small.has(site.data())
            && dense.has(site.output())
            && (kept.length == 0 || kept.length == layer.rows())) {
          var before = new Moments(layer.rows());
          wanted.until(site.output(), value -> before.addRows(channels(site, value, kept)));
          var after = new Moments(layer.rows());
          Layer running = layer.with(small.weights().get(layer.weight()));
          given.until(site.data(), data -> add(site, data, running, after));
          String bias = Intercepts.of(graph, site.node(), layer.rows(), consumers).orElse(null);
          reset(running, site.node(), bias, before, after, small);
          mended.put(layer.weight(), running.tensor().copy());
          if (bias != null) {
            mended.put(bias, small.weights().get(bias).copy());
          }
        }
      }
    }
    return prepared.withGraph(Constants.replace(graph, mended));
  }

  /** Whether the node's output is just the product and its bias. */
  private static boolean isPlain(Node node) {
    return !node.is("ConvTranspose") && node.real("alpha", 1) == 1 && node.real("beta", 1) == 1;
  }

  private static Axis outputs(Layer layer) {
    boolean first = layer.transposed() && !layer.node().is("Conv");
    return new Axis(layer.weight(), first ? 1 : 0);
  }

  /** A layer's output by channel, [channels, rows]; those that were kept, where some are named. */
  private static Tensor channels(Site site, Tensor value, int[] kept) {
    Tensor rows = site.outputRows(value).transpose(1, 2);
    return Kept.of(rows.reshape(-1, rows.size(2)), 0, kept);
  }

  /** Adds what a layer's weights make of its input, some examples of a convolution at a time. */
  private static void add(Site site, Tensor data, Layer layer, Moments moments) {
    boolean unfolds = site.node().is("Conv");
    long examples = data.size(0);
    long step = unfolds ? Math.max(1, SLICE / Math.max(1, data.numel() / examples)) : examples;
    for (long first = 0; first < examples; first += step) {
      try (var _ = new PointerScope()) {
        Tensor some = unfolds ? data.narrow(0, first, Math.min(step, examples - first)) : data;
        Tensor rows = site.rows(some).to(ScalarType.Double);
        Tensor weights = LayerMatrix.of(layer).reshape(rows.size(0), -1, rows.size(2));
        Tensor products = weights.bmm(rows.transpose(1, 2));
        moments.addRows(products.reshape(layer.rows(), -1));
      }
    }
  }

  /** Scales a layer's running weights, and shifts its bias. */
  private void reset(
      Layer layer, Node node, String bias, Moments before, Moments after, TorchModel small) {
    double[] wanted = before.mean();
    double[] given = after.mean();
    double[] factors = factors(before.variance(), after.variance());
    for (int row = 0; row < layer.rows(); row++) {
      for (int column = 0; column < layer.columns(); column++) {
        int index = layer.index(row, column);
        layer.tensor().setReal(index, factors[row] * layer.tensor().realAt(index));
      }
    }
    if (bias == null) {
      return;
    }
    boolean inside = node.inputs().contains(bias);
    org.espalier.graph.Tensor offsets = small.weights().get(bias);
    for (int row = 0; row < factors.length; row++) {
      double offset = offsets.realAt(row);
      double shift = wanted[row] - factors[row] * given[row];
      if (shifts) {
        offsets.setReal(row, inside ? shift : offset + shift);
      } else if (inside) {
        offsets.setReal(row, factors[row] * offset);
      }
    }
  }

  private static double[] factors(double[] wanted, double[] given) {
    double[] factors = new double[wanted.length];
    for (int k = 0; k < factors.length; k++) {
      boolean alive = wanted[k] > 0 && given[k] > FAINT * FAINT * wanted[k];
      factors[k] = alive ? Math.sqrt(wanted[k] / given[k]) : 1;
    }
    return factors;
  }

  @Override
  public String toString() {
    return shifts ? "renormalise" : "rescale";
  }
}
