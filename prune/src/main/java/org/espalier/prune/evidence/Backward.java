package org.espalier.prune.evidence;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
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
  private final TorchModel model;
  private final Calibration calibration;
  private final Observation how;
  private final Store store;
  private final String output;
  private final String logits;
  private final Map<String, Tensor> gradients = new LinkedHashMap<>();
  private final Map<String, Tensor> squares = new LinkedHashMap<>();
  private final Map<String, Tensor> samples = new LinkedHashMap<>();

  Backward(
      Model source,
      TorchModel model,
      Set<String> weights,
      Calibration calibration,
      Observation how,
      Store store) {
    this.model = model;
    this.calibration = calibration;
    this.how = how;
    this.store = store;
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

  private org.bytedeco.pytorch.Tensor loss(
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
    forEachBatch(
        (_, inputs, targets) -> {
          long size = inputs.values().iterator().next().size(0);
          model
              .gradients(loss(inputs, targets))
              .forEach((name, part) -> add(gradients, name, part.mul(new Scalar((double) size))));
        });
    finish(gradients);
  }

  /** Gathers what each sample's gradients give: mean, mean square, and the gradients themselves. */
  void samples(boolean keep) {
    gradients.clear();
    squares.clear();
    long[] first = new long[1];
    forEachBatch(
        (_, inputs, targets) -> {
          long size = inputs.values().iterator().next().size(0);
          var taps = Set.of(logits);
          for (long sample = 0; sample < size; sample++) {
            try (var _ = new PointerScope()) {
              var one = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
              for (var input : inputs.entrySet()) {
                one.put(input.getKey(), input.getValue().narrow(0, sample, 1));
              }
              var target = targets == null ? null : targets.narrow(0, sample, 1);
              var parts = model.gradients(loss(model.forward(one, Mode.EVAL, taps), target));
              long row = first[0] + sample;
              parts.forEach((name, part) -> take(name, part, keep ? row : -1));
            }
          }
          first[0] += size;
        });
    finish(gradients);
    finish(squares);
  }

  private void take(String name, org.bytedeco.pytorch.Tensor part, long row) {
    add(gradients, name, part);
    add(squares, name, part.to(ScalarType.Double).square());
    if (row >= 0) {
      Tensor all =
          samples.computeIfAbsent(
              name, _ -> store.allocate(DataType.FLOAT, calibration.samples(), part.numel()));
      Libtorch.view(all).select(0, row).copy_(part.reshape(-1));
    }
  }

  private void add(Map<String, Tensor> sums, String name, org.bytedeco.pytorch.Tensor part) {
    Tensor sum =
        sums.computeIfAbsent(
            name, _ -> store.allocate(DataType.DOUBLE, model.weights().get(name).dims()));
    Libtorch.view(sum).add_(part);
  }

  /** Makes sums over samples means, which must be finite. */
  private void finish(Map<String, Tensor> sums) {
    try (var _ = new PointerScope()) {
      sums.forEach(
          (name, sum) -> {
            var mean = Libtorch.view(sum);
            mean.div_(new Scalar((double) calibration.samples()));
            if (!torch.isfinite(mean).all().item().toBool()) {
              throw new InvalidInputException(
                  "the gradient of '%s' is not finite on the calibration data".formatted(name));
            }
          });
    }
  }

  Tensor gradient(String weight) {
    return gradients.get(weight);
  }

  Tensor fisherDiagonal(String weight) {
    return squares.get(weight);
  }

  Tensor sampleGradients(String weight) {
    return samples.get(weight);
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
              .forEach((name, part) -> add(products, name, part.mul(size)));
        });
    finish(products);
    return products;
  }
}
