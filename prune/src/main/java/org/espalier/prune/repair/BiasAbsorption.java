package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Constants;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Site;
import org.espalier.torch.Libtorch;
import org.espalier.torch.PausingPass;
import org.espalier.torch.TorchModel;

/**
 * What removed channels or weights give on average goes into the bias of the layers that read them.
 * Exact for a channel that is constant, such as one whose filter is zero, behind a Sigmoid or a
 * batch normalisation as well; only a convolution's zero padding makes the border differ.
 *
 * <p>Where all that goes is constant, any inputs will do, random ones too. A layer without a bias
 * that isn't a convolution stays as it is.
 */
public record BiasAbsorption() implements Repair {
  @Override
  public boolean mendsZeros() {
    return true;
  }

  @Override
  public Model repair(Removal removal, Model pruned, Calibration calibration) {
    Model original = removal.coupling().model();
    Model prepared = Intercepts.added(pruned);
    Graph graph = prepared.graph();
    Map<String, List<Node>> consumers = graph.consumers();
    var nodes = new LinkedHashMap<String, Node>();
    graph.nodes().forEach(node -> nodes.put(node.outputs().getFirst(), node));
    var mended = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    var frozen = TorchModel.Options.usual().withTrainable(_ -> false);
    try (TorchModel dense = TorchModel.of(original, frozen);
        PausingPass pass = dense.pausing(Calibration.inputs(calibration))) {
      for (Layer layer : Layers.of(original).layers()) {
        Axis in = inputs(layer);
        Node small = nodes.get(layer.node().outputs().getFirst());
        boolean zeros = removal.channels().isEmpty();
        if (small == null || (!zeros && !removal.changes(in))) {
          continue;
        }
        int[] kept = removal.kept(outputs(layer));
        int rows = kept.length == 0 ? layer.rows() : kept.length;
        var bias = Intercepts.of(graph, small, rows, consumers);
        List<Site> sites =
            Site.of(
                original.graph(),
                original.graph().consumers(),
                layer.weight(),
                original.graph().initializer(layer.weight()).orElseThrow().dims());
        if (bias.isPresent() && sites.size() == 1 && dense.has(sites.getFirst().data())) {
          double[] means = means(sites.getFirst(), pass);
          double[] lost =
              zeros
                  ? lost(gone(layer, pruned), means, filled(layer.columns()))
                  : lost(layer, means, lostColumns(removal, in, layer));
          org.espalier.graph.Tensor changed =
              mended.getOrDefault(bias.get(), graph.initializer(bias.get()).orElseThrow()).copy();
          for (int k = 0; k < rows; k++) {
            changed.setReal(k, changed.realAt(k) + lost[kept.length == 0 ? k : kept[k]]);
          }
          mended.put(bias.get(), changed);
        }
      }
    }
    return prepared.withGraph(graph.replacing(mended));
  }

  private static Axis inputs(Layer layer) {
    boolean first = layer.transposed() && !layer.node().is("Conv");
    return new Axis(layer.weight(), first ? 0 : 1);
  }

  private static Axis outputs(Layer layer) {
    boolean first = layer.transposed() && !layer.node().is("Conv");
    return new Axis(layer.weight(), first ? 1 : 0);
  }

  /** What a layer's weights have lost, where only some of them were changed. */
  private static Layer gone(Layer layer, Model pruned) {
    org.espalier.graph.Tensor now = Constants.of(pruned.graph()).get(layer.weight());
    org.espalier.graph.Tensor gone = layer.tensor().copy();
    for (int k = 0; k < layer.size(); k++) {
      gone.setReal(k, gone.realAt(k) - now.realAt(k));
    }
    return layer.with(gone);
  }

  private static boolean[] filled(int columns) {
    boolean[] all = new boolean[columns];
    Arrays.fill(all, true);
    return all;
  }

  /** Whether a column of the layer's matrix belongs to a channel that is gone. */
  private static boolean[] lostColumns(Removal removal, Axis in, Layer layer) {
    int[] channels = removal.coupling().channelsAlong(in);
    int each = layer.columns() / channels.length;
    boolean[] lost = new boolean[layer.columns()];
    for (int column = 0; column < lost.length; column++) {
      int channel = channels[column / each];
      lost[column] = channel >= 0 && !removal.keeps(channel);
    }
    return lost;
  }

  /** The mean of each column of the layer's input, group by group. */
  private static double[] means(Site site, PausingPass pass) {
    var sums = new ArrayList<double[]>();
    long[] rows = new long[1];
    pass.until(
        site.data(),
        data -> {
          try (var _ = new PointerScope()) {
            Tensor x = site.rows(data).to(ScalarType.Double);
            rows[0] += x.size(1);
            var sum = Libtorch.copy(x.sum(new long[] {1}, false, new ScalarTypeOptional()));
            if (sums.isEmpty()) {
              sums.add(new double[(int) sum.size()]);
            }
            for (int k = 0; k < sum.size(); k++) {
              sums.getFirst()[k] += sum.realAt(k);
            }
          }
        });
    double[] means = sums.getFirst();
    for (int k = 0; k < means.length; k++) {
      means[k] /= rows[0];
      if (!Double.isFinite(means[k])) {
        throw new InvalidInputException(
            "input '%s' of node '%s' is not finite on the calibration data"
                .formatted(site.data(), site.node().label()));
      }
    }
    return means;
  }

  /** What each output of the layer got from the lost columns on average. */
  private static double[] lost(Layer layer, double[] means, boolean[] columns) {
    double[] lost = new double[layer.rows()];
    int groups = means.length / columns.length;
    for (int row = 0; row < lost.length; row++) {
      int group = (int) ((long) row * groups / layer.rows());
      for (int column = 0; column < columns.length; column++) {
        if (columns[column]) {
          lost[row] +=
              layer.tensor().realAt(layer.index(row, column))
                  * means[group * columns.length + column];
        }
      }
    }
    return lost;
  }

  @Override
  public String toString() {
    return "bias";
  }
}
