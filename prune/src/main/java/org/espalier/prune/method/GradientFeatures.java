package org.espalier.prune.method;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.evidence.Evidence;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * The matrix A of the gradients of single samples, [samples, weights], in pieces by layer: a
 * network's answer to a small change d of its weights is near A d. Vectors over the weights are
 * lists of flat tensors in float64, one for each layer, in the order of its tensor.
 */
record GradientFeatures(List<Tensor> pieces) {
  /** How many columns are copied at a time. */
  private static final int CHUNK = 8192;

  /** As observed; views that live as long as the evidence. */
  static GradientFeatures of(List<Layer> layers, Evidence evidence) {
    return new GradientFeatures(
        layers.stream()
            .map(layer -> Libtorch.view(evidence.sampleGradients(layer.weight())))
            .toList());
  }

  /** The layers' weights as a vector. */
  static List<Tensor> vector(List<Layer> layers) {
    return layers.stream()
        .map(layer -> Libtorch.view(layer.tensor()).reshape(-1).to(ScalarType.Double).clone())
        .toList();
  }

  /** A piece of a vector as new values of a layer. */
  static org.espalier.graph.Tensor tensor(Layer layer, Tensor values) {
    var tensor = org.espalier.graph.Tensor.allocate(layer.tensor().type(), layer.tensor().dims());
    Libtorch.view(tensor).reshape(-1).copy_(values);
    return tensor;
  }

  long samples() {
    return pieces.getFirst().size(0);
  }

  /** The mean of the squared entries: of the empirical Fisher matrix's diagonal. */
  double meanSquare() {
    double sum = 0;
    double count = 0;
    for (Tensor piece : pieces) {
      try (var _ = new PointerScope()) {
        sum += piece.square().sum(new ScalarTypeOptional(ScalarType.Double)).item().toDouble();
        count += piece.numel();
      }
    }
    return sum / count;
  }

  /** A v: [samples], in float64. */
  Tensor times(List<Tensor> vector) {
    Tensor sum = LinearAlgebra.zeros(samples());
    for (int k = 0; k < pieces.size(); k++) {
      Tensor piece = pieces.get(k);
      sum.add_(piece.mv(vector.get(k).to(piece.scalar_type())).to(ScalarType.Double));
    }
    return sum;
  }

  /** A^T r, as a vector over the weights. */
  List<Tensor> transposedTimes(Tensor responses) {
    var products = new ArrayList<Tensor>();
    for (Tensor piece : pieces) {
      products.add(piece.t().mv(responses.to(piece.scalar_type())).to(ScalarType.Double));
    }
    return products;
  }

  /**
   * The vector on a support that is nearest to responses: the least of {@code |A w - responses|^2 +
   * ridge |w - reference|^2}, zero where masks prune. Solved by a system of as many unknowns as
   * there are samples (Woodbury).
   */
  List<Tensor> fit(List<Mask> masks, List<Tensor> reference, Tensor responses, double ridge) {
    var supported = new ArrayList<Tensor>();
    Tensor kernel = LinearAlgebra.zeros(samples(), samples());
    for (int k = 0; k < pieces.size(); k++) {
      Tensor places = places(masks.get(k));
      Tensor kept = LinearAlgebra.zeros(reference.get(k).size(0));
      kept.index_fill_(0, places, new Scalar(1.0));
      supported.add(kept);
      for (long first = 0; first < places.size(0); first += CHUNK) {
        try (var _ = new PointerScope()) {
          long count = Math.min(CHUNK, places.size(0) - first);
          Tensor some = pieces.get(k).index_select(1, places.narrow(0, first, count));
          kernel.add_(some.mm(some.t()));
        }
      }
    }
    kernel.diagonal().add_(new Scalar(ridge));
    List<Tensor> start = product(supported, reference);
    Tensor missing = responses.sub(times(start)).unsqueeze(1);
    Tensor solved = LinearAlgebra.solve(kernel, missing).squeeze(1);
    List<Tensor> change = product(supported, transposedTimes(solved));
    var fitted = new ArrayList<Tensor>();
    for (int k = 0; k < change.size(); k++) {
      fitted.add(start.get(k).add(change.get(k)));
    }
    return fitted;
  }

  private static List<Tensor> product(List<Tensor> left, List<Tensor> right) {
    var products = new ArrayList<Tensor>();
    for (int k = 0; k < left.size(); k++) {
      products.add(left.get(k).mul(right.get(k)));
    }
    return products;
  }

  /** The places that a mask keeps. */
  private static Tensor places(Mask mask) {
    long[] places = mask.bits().stream().asLongStream().toArray();
    return Libtorch.view(org.espalier.graph.Tensor.of(places, places.length)).clone();
  }
}
