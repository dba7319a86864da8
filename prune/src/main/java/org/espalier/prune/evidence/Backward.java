package org.espalier.prune.evidence;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.torch.Forward;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;

/** Derivatives of the loss, summed over batches in float64. */
final class Backward {
  /** How many random vectors the Gauss-Newton matrix is made of. */
  private static final int VECTORS = 8;

  private final TorchModel model;
  private final Calibration calibration;
  private final Observation how;
  private final Store store;
  private final String output;
  private final String logits;
  private final Optional<SampleBackward> together;
  private final HessianDiagonal diagonal;
  private final Map<String, Tensor> gradients = new LinkedHashMap<>();
  private final Map<String, Tensor> outputGradients = new LinkedHashMap<>();
  private final Map<String, Tensor> squares = new LinkedHashMap<>();
  private final Map<String, Tensor> samples = new LinkedHashMap<>();
  private final Map<String, Tensor> gaussNewton = new LinkedHashMap<>();
  private final Map<String, Tensor> hessian = new LinkedHashMap<>();

  Backward(
      Model source,
      TorchModel model,
      Set<String> weights,
      List<Site> sites,
      Function<Site, String> data,
      Calibration calibration,
      Observation how,
      Store store) {
    this.model = model;
    this.calibration = calibration;
    this.how = how;
    this.store = store;
    together = SampleBackward.of(model, sites, data);
    diagonal = new HessianDiagonal(model, sites, data);
    output = source.graph().outputs().getFirst().name();
    // The cross-entropy is of what goes into the softmax that a model ends in.
    Node last = source.graph().producers().get(output);
    boolean softmax = last != null && last.is("Softmax") && model.has(last.inputs().getFirst());
    logits = softmax ? last.inputs().getFirst() : output;
    for (String weight : weights) {
      if (!model.parameters().containsKey(weight)) {
        throw new InvalidInputException("'" + weight + "' can't be differentiated");
      }
    }
  }

  org.bytedeco.pytorch.Tensor loss(
      Map<String, org.bytedeco.pytorch.Tensor> inputs, org.bytedeco.pytorch.Tensor targets) {
    Forward forward = model.forward(inputs, Mode.EVAL, Set.of(logits));
    return loss(forward, targets);
  }

  private org.bytedeco.pytorch.Tensor loss(Forward forward, org.bytedeco.pytorch.Tensor targets) {
    var outputs = new LinkedHashMap<>(forward.outputs());
    outputs.put(output, forward.taps().get(logits));
    return how.objective().of(new Forward(outputs, forward.taps()), targets);
  }

  /** Goes through the batches, each in a pointer scope of its own and with gradients on. */
  void forEachBatch(Evidence.Visitor visitor) {
    long[] done = new long[1];
    calibration.forEach(
        batch -> {
          try (var _ = new PointerScope();
              var _ = new AutoGradMode(true)) {
            model.check(batch.inputs());
            var inputs = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
            batch.inputs().forEach((name, tensor) -> inputs.put(name, Libtorch.view(tensor)));
            visitor.visit(model, inputs, batch.targets().map(Libtorch::view).orElse(null));
          }
          done[0] += batch.size();
          how.progress().at("observe gradients", done[0], calibration.samples());
        });
  }

  /** Gathers the mean gradients. */
  void gradients() {
    gradients(gradients, this::loss);
  }

  /** Gathers the mean gradients of the squared outputs. */
  void outputGradients() {
    gradients(
        outputGradients,
        (inputs, _) ->
            model
                .forward(inputs, Mode.EVAL, Set.of(logits))
                .taps()
                .get(logits)
                .square()
                .mean(new ScalarTypeOptional()));
  }

  private void gradients(
      Map<String, Tensor> sums,
      BiFunction<
              Map<String, org.bytedeco.pytorch.Tensor>,
              org.bytedeco.pytorch.Tensor,
              org.bytedeco.pytorch.Tensor>
          loss) {
    forEachBatch(
        (_, inputs, targets) -> {
          long size = inputs.values().iterator().next().size(0);
          model
              .gradients(loss.apply(inputs, targets))
              .forEach((name, part) -> add(sums, name, part.mul(new Scalar((double) size))));
        });
    finish(sums);
  }

  /** Gathers what each sample's gradients give: mean, mean square, and the gradients themselves. */
  void samples(boolean keep) {
    gradients.clear();
    squares.clear();
    var each =
        new SampleGradients(
            model, together, logits, this::loss, (name, part, row) -> take(name, part, row, keep));
    forEachBatch((_, inputs, targets) -> each.of(inputs, targets));
    finish(gradients);
    finish(squares);
  }

  /**
   * Gathers the diagonal of the Gauss-Newton matrix: squares of samples' gradients, the loss
   * replaced by outputs times random vectors that have its curvature.
   */
  void gaussNewton() {
    var random = new SplittableRandom(0);
    var each =
        new SampleGradients(
            model,
            together,
            logits,
            (forward, vectors) -> {
              var slope = forward.taps().get(logits).mul(vectors).sum();
              return slope.div(new Scalar((double) vectors.size(0)));
            },
            (name, part, _) -> addSquares(gaussNewton, name, part.reshape(part.size(0), -1)));
    forEachBatch(
        (_, inputs, targets) -> {
          for (int k = 0; k < VECTORS; k++) {
            try (var _ = new PointerScope()) {
              each.of(inputs, curvature(inputs, targets, random));
            }
          }
        });
    finish(gaussNewton);
  }

  /** Gathers the Hessian's diagonal. */
  void hessian() {
    Set<String> taps = diagonal.taps();
    taps.add(logits);
    forEachBatch(
        (_, inputs, targets) -> {
          long size = inputs.values().iterator().next().size(0);
          Forward forward = model.forward(inputs, Mode.EVAL, taps);
          diagonal.of(
              forward,
              loss(forward, targets),
              size,
              (name, part) -> add(hessian, name, part.mul(new Scalar((double) size))));
        });
    finish(hessian);
  }

  private org.bytedeco.pytorch.Tensor curvature(
      Map<String, org.bytedeco.pytorch.Tensor> inputs,
      org.bytedeco.pytorch.Tensor targets,
      SplittableRandom random) {
    try (var _ = new AutoGradMode(false)) {
      var out = model.forward(inputs, Mode.EVAL, Set.of(logits)).taps().get(logits);
      var vectors = how.objective().curvature(out, targets, Signs.like(out, random));
      return vectors.div(new Scalar(Math.sqrt(VECTORS)));
    }
  }

  /** Takes in the gradients of some samples, [samples, ...], of which the first is {@code row}. */
  private void take(String name, org.bytedeco.pytorch.Tensor part, long row, boolean keep) {
    var flat = part.reshape(part.size(0), -1);
    add(
        gradients,
        name,
        flat.sum(new long[] {0}, false, new ScalarTypeOptional(ScalarType.Double)));
    addSquares(squares, name, flat);
    if (keep) {
      Tensor all =
          samples.computeIfAbsent(
              name, _ -> store.allocate(DataType.FLOAT, calibration.samples(), flat.size(1)));
      Libtorch.view(all).narrow(0, row, flat.size(0)).copy_(flat);
    }
  }

  private void addSquares(
      Map<String, Tensor> sums, String name, org.bytedeco.pytorch.Tensor samples) {
    add(
        sums,
        name,
        samples.square().sum(new long[] {0}, false, new ScalarTypeOptional(ScalarType.Double)));
  }

  private void add(Map<String, Tensor> sums, String name, org.bytedeco.pytorch.Tensor part) {
    Tensor sum =
        sums.computeIfAbsent(
            name, _ -> store.allocate(DataType.DOUBLE, model.weights().get(name).dims()));
    Libtorch.view(sum).reshape(-1).add_(part.reshape(-1));
  }

  /** Makes sums over samples means, which must be finite. */
  private void finish(Map<String, Tensor> sums) {
    try (var _ = new PointerScope()) {
      sums.forEach(
          (name, sum) -> {
            var mean = Libtorch.view(sum).div_(new Scalar((double) calibration.samples()));
            Finite.checked(mean, "the gradient of '" + name + "'");
          });
    }
  }

  Tensor gradient(String weight) {
    return gradients.get(weight);
  }

  Tensor outputGradient(String weight) {
    return outputGradients.get(weight);
  }

  Tensor fisherDiagonal(String weight) {
    return squares.get(weight);
  }

  Tensor sampleGradients(String weight) {
    return samples.get(weight);
  }

  Tensor gaussNewtonDiagonal(String weight) {
    return gaussNewton.get(weight);
  }

  Tensor hessianDiagonal(String weight) {
    return hessian.get(weight);
  }

  Map<String, Tensor> hessianVector(Map<String, Tensor> vector) {
    var products = new LinkedHashMap<String, Tensor>();
    forEachBatch(
        (_, inputs, targets) -> {
          var parts = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
          model
              .parameters()
              .forEach(
                  (name, parameter) -> {
                    Tensor given = vector.get(name);
                    parts.put(
                        name, given == null ? torch.zeros_like(parameter) : Libtorch.view(given));
                  });
          var size = new Scalar((double) inputs.values().iterator().next().size(0));
          model
              .hessianVector(loss(inputs, targets), parts)
              .forEach(
                  (name, part) -> {
                    // Not in the store, which holds on to all it ever gave.
                    long[] dims = model.weights().get(name).dims();
                    Tensor sum =
                        products.computeIfAbsent(name, _ -> Tensor.allocate(DataType.DOUBLE, dims));
                    Libtorch.view(sum).add_(part.mul(size));
                  });
        });
    finish(products);
    return products;
  }
}
