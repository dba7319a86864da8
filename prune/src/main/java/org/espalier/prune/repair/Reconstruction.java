package org.espalier.prune.repair;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.ValueInfo;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Observation;
import org.espalier.torch.Forward;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;

/**
 * All weights together are changed by gradient descent such that the network's inner values and
 * outputs come near to the original's on the calibration data, without labels. What layers read
 * with all its channels is compared: the ends of blocks, so that a block may find other features
 * inside. Layers' weights that are zero stay zero. Best after {@link LeastSquares}, which is near
 * already.
 *
 * @param passes over the calibration data
 * @param rate by what share of its size a layer's output changes in a step at first; it falls to
 *     zero as a cosine
 * @param progress is told pass by pass
 */
public record Reconstruction(int passes, double rate, Observation.Progress progress)
    implements Repair {
  private static final double EPSILON = 1e-8;
  private static final Set<String> PRODUCTS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  public Reconstruction {
    if (passes < 1 || !(rate > 0)) {
      throw new InvalidInputException(
          "%d passes at a rate of %s; expected 1 or more, more than 0".formatted(passes, rate));
    }
  }

  public Reconstruction() {
    this(6, 5e-3, (what, done, of) -> {});
  }

  @Override
  public Model repair(Removal removal, Model pruned, Calibration calibration) {
    List<Map<String, org.espalier.graph.Tensor>> batches = Calibration.inputs(calibration);
    var frozen = TorchModel.Options.usual().withTrainable(_ -> false);
    try (TorchModel dense = TorchModel.of(removal.coupling().model(), frozen);
        TorchModel small = TorchModel.of(pruned)) {
      Set<String> values = compared(removal, pruned.graph(), dense, small);
      batches.forEach(dense::check);
      var descent = new WhitenedAdam(small, pruned, calibration);
      int steps = passes * batches.size();
      for (int step = 0; step < steps; step++) {
        try (var _ = new PointerScope()) {
          Map<String, Tensor> gradients =
              gradients(batches.get(step % batches.size()), values, removal, dense, small);
          double now = rate * (1 + Math.cos(Math.PI * step / steps)) / 2;
          descent.step(gradients, now);
        }
        progress.at("reconstruct", step + 1, steps);
      }
      return small.model();
    }
  }

  @Override
  public String toString() {
    return "reconstruction";
  }

  /** What is compared: what layers read, whole where anything is, and the outputs. */
  private static Set<String> compared(
      Removal removal, Graph graph, TorchModel dense, TorchModel small) {
    Map<String, Node> producers = graph.producers();
    var whole = new LinkedHashSet<String>();
    var all = new LinkedHashSet<String>();
    for (Node node : graph.nodes()) {
      String read = node.input(0).orElse("");
      if (PRODUCTS.contains(node.op())
          && producers.containsKey(read)
          && dense.has(read)
          && small.has(read)) {
        all.add(read);
        if (!removal.changes(new Axis(read, 1)) && !removal.changes(new Axis(read, 2))) {
          whole.add(read);
        }
      }
    }
    var compared = new LinkedHashSet<>(whole.isEmpty() ? all : whole);
    graph.outputs().stream().map(ValueInfo::name).forEach(compared::add);
    return compared;
  }

  private static Map<String, Tensor> gradients(
      Map<String, org.espalier.graph.Tensor> batch,
      Set<String> values,
      Removal removal,
      TorchModel dense,
      TorchModel small) {
    var inputs = new LinkedHashMap<String, Tensor>();
    batch.forEach((name, tensor) -> inputs.put(name, Libtorch.view(tensor)));
    Forward wanted;
    try (var _ = new AutoGradMode(false)) {
      wanted = dense.forward(inputs, Mode.EVAL, values);
    }
    try (var _ = new AutoGradMode(true)) {
      Forward given = small.forward(inputs, Mode.EVAL, values);
      Tensor loss = null;
      for (String value : values) {
        Tensor aim = kept(value, wanted.taps().get(value), removal);
        Tensor scale = aim.square().mean().clamp_min(new Scalar(EPSILON));
        Tensor distance = torch.mse_loss(given.taps().get(value), aim).div(scale);
        loss = loss == null ? distance : loss.add(distance);
      }
      if (!Double.isFinite(loss.item().toDouble())) {
        throw new InvalidInputException(
            "reconstruction: inner values or outputs are not finite on the calibration data, or"
                + " became so at this rate of learning");
      }
      return small.gradients(loss);
    }
  }

  /** The channels of the original's value that the pruned network has. */
  private static Tensor kept(String name, Tensor value, Removal removal) {
    Tensor kept = value;
    for (int axis = 0; axis < value.dim(); axis++) {
      Axis along = new Axis(name, axis);
      if (removal.changes(along)) {
        kept = Kept.of(kept, axis, removal.kept(along));
      }
    }
    return kept;
  }
}
