package org.espalier.prune.evidence;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.torch.TorchModel;

/**
 * What was observed of a network on its calibration data, by the names of its weights. What methods
 * {@linkplain Need declare} is gathered in one pass; what they ask for beyond that costs a pass of
 * its own. Gathered once, it serves all methods that prune the same network, on several threads
 * too; evidence {@linkplain #inSequence in sequence} is for one.
 *
 * <p>All tensors lie outside of the Java heap; torch's view of them is {@link
 * org.espalier.torch.Libtorch#view}.
 */
public interface Evidence extends AutoCloseable {
  /** No evidence: for methods that look at weights alone. */
  Evidence NONE = new NoEvidence();

  /**
   * Evidence on a model, gathered when it is asked for.
   *
   * @param weights the names of the weights that are of interest
   */
  static Evidence of(Model model, Set<String> weights, Calibration calibration) {
    return new Observed(model, weights, calibration, Observation.USUAL);
  }

  /** Evidence on a model, observed in this way. */
  static Evidence of(Model model, Set<String> weights, Calibration calibration, Observation how) {
    return new Observed(model, weights, calibration, how);
  }

  /** Evidence on these weights of another model, on the same data. */
  Evidence on(Model other, Set<String> weights);

  /** Gathers what is declared, as far as it isn't there yet. */
  void gather(Set<Need> needs);

  /** The names of the weights that are observed. */
  Set<String> weights();

  /** The examples that are looked at. */
  Calibration calibration();

  /** How many examples the calibration data have. */
  long samples();

  /** What the inputs of a layer were like, column by column. */
  InputStatistics inputs(String weight);

  /** The Gram matrix of a layer's inputs. */
  Gram gram(String weight);

  /**
   * The rows of a layer's inputs, or a sample of some thousand where there are more than 2,048:
   * FLOAT [groups, rows, columns], columns as in the layer's view. Which ones depends on their
   * numbers alone: the same in sequence as beforehand.
   */
  org.espalier.graph.Tensor rows(String weight);

  /** The mean gradient of the loss with respect to a weight: DOUBLE, of the weight's shape. */
  org.espalier.graph.Tensor gradient(String weight);

  /**
   * The gradient of the mean squared element of the first output, averaged over samples: DOUBLE, of
   * the weight's shape. Classifiers' outputs are taken before the softmax.
   */
  org.espalier.graph.Tensor outputGradient(String weight);

  /** The mean over samples of the squared gradient: DOUBLE, of the weight's shape. */
  org.espalier.graph.Tensor fisherDiagonal(String weight);

  /**
   * The diagonal of the Gauss-Newton matrix, the mean over samples of {@code J^T H J} where H is
   * the second derivative of the loss by the outputs and J the outputs' derivative: DOUBLE, of the
   * weight's shape. It's made of eight random vectors for each sample, and never negative.
   *
   * @throws InvalidInputException where the {@link Objective} doesn't tell H
   */
  org.espalier.graph.Tensor gaussNewtonDiagonal(String weight);

  /**
   * The exact diagonal of the mean loss's Hessian: DOUBLE, of the weight's shape.
   *
   * @throws InvalidInputException where the network is too large for a pass back for every output
   *     of a layer, or every weight
   * @see Hutchinson
   */
  org.espalier.graph.Tensor hessianDiagonal(String weight);

  /**
   * The gradient of each sample's own loss: FLOAT [samples, size of the weight].
   *
   * @see #samples
   */
  org.espalier.graph.Tensor sampleGradients(String weight);

  /**
   * The mean loss's Hessian over all weights together times a vector.
   *
   * @param vector FLOAT, of the shape of each weight; weights left out count as zero
   * @return DOUBLE, of the shape of each weight
   */
  Map<String, org.espalier.graph.Tensor> hessianVector(
      Map<String, org.espalier.graph.Tensor> vector);

  /** The Hessian times the mean gradient: how each weight changes the gradient's squared norm. */
  static Map<String, org.espalier.graph.Tensor> gradientFlow(Evidence of) {
    var gradients = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    for (String weight : of.weights()) {
      var gradient = of.gradient(weight);
      var vector = org.espalier.graph.Tensor.allocate(DataType.FLOAT, gradient.dims());
      for (long k = 0; k < vector.size(); k++) {
        vector.setReal(k, gradient.realAt(k));
      }
      gradients.put(weight, vector);
    }
    return of.hessianVector(gradients);
  }

  /** Looks at one batch with a model at hand that can be run forward and backward. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Called in a pointer scope of its own.
     *
     * @param inputs of the batch, for {@link TorchModel#forward}
     * @param targets of the batch; null where there are none
     */
    void visit(TorchModel model, Map<String, Tensor> inputs, Tensor targets);
  }

  /** Goes through the batches, for methods that observe what no {@link Need} names. */
  void forEachBatch(Visitor visitor);

  /**
   * The loss of a batch, with its history where gradients are on; for a {@link Visitor}, which may
   * change the model's weights for a while.
   */
  Tensor loss(Map<String, Tensor> inputs, Tensor targets);

  /**
   * Evidence that shows each layer its inputs as the pruned layers before it make them. Layers are
   * asked about in graph order, each is {@linkplain #replace replaced} before the next is asked
   * about, and only {@link #inputs}, {@link #gram} and {@link #rows} differ.
   */
  Evidence inSequence();

  /** Puts new values in the place of a weight; matters to evidence in sequence only. */
  void replace(String weight, org.espalier.graph.Tensor values);

  @Override
  void close();
}
