package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Observation;
import org.espalier.torch.PausingPass;
import org.espalier.torch.TorchModel;

/**
 * Every layer behind a removed channel gets the weights and bias that bring its output nearest to
 * the original's, in the least-squares sense, on the inputs that the mended layers before it make
 * (He et al., "Channel Pruning for Accelerating Very Deep Neural Networks", 2017). Where a shortcut
 * is added to the output, the sum is fitted: the layer makes up for the error that the shortcut
 * carries. Weights that are zero stay zero.
 *
 * @param damping how strongly weights are held where they were, as a share of the mean square of
 *     the inputs: matters where there are few examples
 * @param progress is told layer by layer
 */
public record LeastSquares(double damping, Observation.Progress progress) implements Repair {
  private static final double USUAL_DAMPING = 1e-4;

  public LeastSquares() {
    this(USUAL_DAMPING, (what, done, of) -> {});
  }

  @Override
  public Model repair(Removal removal, Model pruned, Calibration calibration) {
    if (removal.channels().isEmpty()) {
      return pruned;
    }
    Model prepared = Intercepts.added(pruned);
    List<Fit> found = fits(removal, prepared.graph());
    Model ordered = prepared.withGraph(Order.of(prepared.graph(), found));
    List<Fit> fits = Order.sorted(found, ordered.graph());
    List<Map<String, org.espalier.graph.Tensor>> batches = Calibration.inputs(calibration);
    var frozen = TorchModel.Options.usual().withTrainable(_ -> false);
    try (TorchModel dense = TorchModel.of(removal.coupling().model(), frozen);
        TorchModel small = TorchModel.of(ordered, frozen);
        PausingPass wanted = dense.pausing(batches);
        PausingPass given = small.pausing(batches)) {
      var mended = new LinkedHashMap<String, org.espalier.graph.Tensor>();
      for (int k = 0; k < fits.size(); k++) {
        Fit fit = fits.get(k);
        if (fit.isSeen(dense, small)) {
          var fitting = new Fitting(fit, removal, calibration.samples(), wanted, given);
          fit.solve(fitting, damping, small, mended);
        }
        progress.at("fit what is left", k + 1, fits.size());
      }
      return prepared.withGraph(prepared.graph().replacing(mended));
    }
  }

  /** The layers from the first one on that reads a group of which channels are gone. */
  private static List<Fit> fits(Removal removal, Graph graph) {
    var consumers = graph.consumers();
    var fits = new ArrayList<Fit>();
    boolean changed = false;
    for (Layer layer : Layers.of(Model.of(graph, 8, 17)).layers()) {
      int rank = layer.tensor().rank();
      for (int axis = 0; axis < rank; axis++) {
        changed |= removal.changes(new Axis(layer.weight(), axis));
      }
      if (changed) {
        Fit.of(graph, layer, consumers, true).ifPresent(fits::add);
      }
    }
    return fits;
  }

  @Override
  public String toString() {
    return "least-squares";
  }
}
