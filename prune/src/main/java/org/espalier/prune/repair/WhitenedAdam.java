package org.espalier.prune.repair;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Model;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Gram;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;
import org.espalier.torch.TorchModel;

/**
 * Adam (Kingma and Ba, 2015) in coordinates in which a layer's inputs are uncorrelated and of size
 * one (Desjardins et al., "Natural Neural Networks", 2015). There a step changes what the layer
 * gives by about the given share of its size, in no direction more than in others; of the weights
 * as they are, it would change most what goes with the inputs' mean. Biases and scales move by that
 * share of their own size, and layers' weights that are zero stay zero.
 */
final class WhitenedAdam {
  private static final double MOMENTUM = 0.9;
  private static final double SQUARES = 0.99;
  private static final double EPSILON = 1e-12;

  /** What is added to the variance of inputs, as a share of its mean. */
  private static final double DAMPING = 1e-3;

  /** A layer's weight W is W L in the new coordinates, where L L^T is its inputs' Gram matrix. */
  private record Whitening(Layer layer, org.espalier.graph.Tensor inverse) {
    static Whitening of(Layer layer, Gram gram) {
      try (var _ = new PointerScope()) {
        Tensor mean = Libtorch.view(gram.matrix(0)).div(new Scalar((double) gram.rows()));
        Tensor factor = LinearAlgebra.cholesky(LinearAlgebra.damped(mean, DAMPING));
        return new Whitening(layer, Libtorch.copy(factor.inverse().to(ScalarType.Float)));
      }
    }

    Tensor matrix(Tensor weight) {
      return layer.transposed() ? weight.t() : weight.reshape(layer.rows(), -1);
    }

    /** The gradient in the new coordinates. */
    Tensor gradient(Tensor gradient) {
      return matrix(gradient).mm(Libtorch.view(inverse).t());
    }

    /** A change in the new coordinates as one of the weight. */
    Tensor change(Tensor change, Tensor weight) {
      Tensor back = change.mm(Libtorch.view(inverse));
      return layer.transposed() ? back.t() : back.reshape(weight.sizes());
    }

    Tensor coordinates(Tensor weight) {
      return matrix(weight).mm(Libtorch.view(inverse).inverse());
    }
  }

  private final TorchModel model;
  private final Set<String> layers;
  private final Map<String, Whitening> whitenings;
  private final Map<String, Double> sizes = new HashMap<>();
  private final Map<String, org.espalier.graph.Tensor> memory = new HashMap<>();
  private int steps;

  /**
   * For the weights of a model.
   *
   * @param model is changed
   * @param now the same model, from which the layers' inputs are taken
   */
  WhitenedAdam(TorchModel model, Model now, Calibration calibration) {
    this.model = model;
    this.layers = Layers.of(now).weights();
    this.whitenings = whitenings(model.parameters().keySet(), now, calibration);
    try (var _ = new PointerScope();
        var _ = new AutoGradMode(false)) {
      model
          .parameters()
          .forEach(
              (name, weight) -> {
                Whitening whitening = whitenings.get(name);
                Tensor own = whitening == null ? weight : whitening.coordinates(weight);
                sizes.put(name, Math.sqrt(own.square().mean().item().toDouble()));
              });
    }
  }

  private static Map<String, Whitening> whitenings(
      Set<String> changing, Model model, Calibration calibration) {
    var layers = new LinkedHashMap<String, Layer>();
    for (Layer layer : Layers.of(model).layers()) {
      boolean plain = layer.node().is("Conv") || layer.tensor().rank() == 2;
      if (plain && changing.contains(layer.weight())) {
        layers.put(layer.weight(), layer);
      }
    }
    var whitenings = new HashMap<String, Whitening>();
    try (Evidence evidence = Evidence.of(model, layers.keySet(), calibration)) {
      evidence.gather(Set.of(Need.GRAM));
      layers.forEach(
          (name, layer) -> {
            Gram gram = evidence.gram(name);
            if (gram.groups() == 1) {
              whitenings.put(name, Whitening.of(layer, gram));
            }
          });
    }
    return whitenings;
  }

  /** One step. */
  void step(Map<String, Tensor> gradients, double rate) {
    steps++;
    double first = 1 - Math.pow(MOMENTUM, steps);
    double second = 1 - Math.pow(SQUARES, steps);
    try (var _ = new AutoGradMode(false)) {
      gradients.forEach(
          (name, given) -> {
            Whitening whitening = whitenings.get(name);
            Tensor weight = model.parameters().get(name);
            Tensor changing = weight.ne(new Scalar(0));
            boolean held = layers.contains(name);
            Tensor own = held ? given.mul(changing) : given;
            Tensor gradient = whitening == null ? own : whitening.gradient(own);
            Tensor mean = remembered(name + "/mean", gradient);
            Tensor square = remembered(name + "/square", gradient);
            mean.mul_(new Scalar(MOMENTUM)).add_(gradient, new Scalar(1 - MOMENTUM));
            square.mul_(new Scalar(SQUARES)).add_(gradient.square(), new Scalar(1 - SQUARES));
            Tensor spread = square.div(new Scalar(second)).sqrt().add(new Scalar(EPSILON));
            Tensor step = mean.div(spread);
            Tensor change = whitening == null ? step : whitening.change(step, weight);
            weight.add_(
                held ? change.mul(changing) : change, new Scalar(-rate * sizes.get(name) / first));
          });
    }
  }

  private Tensor remembered(String name, Tensor like) {
    return Libtorch.view(
        memory.computeIfAbsent(name, _ -> Libtorch.copy(torch.zeros_like(like).contiguous())));
  }
}
