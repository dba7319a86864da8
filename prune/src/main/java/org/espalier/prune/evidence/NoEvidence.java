package org.espalier.prune.evidence;

import java.util.Map;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/** There are no calibration data. */
final class NoEvidence implements Evidence {
  private static InvalidInputException missing(String what) {
    return new InvalidInputException(
        what + " can't be told without calibration data: give some ('--data')");
  }

  @Override
  public Evidence on(Model other, Set<String> weights) {
    return this;
  }

  @Override
  public void gather(Set<Need> needs) {
    if (!needs.isEmpty()) {
      throw missing(String.join(", ", needs.stream().sorted().map(Need::toString).toList()));
    }
  }

  @Override
  public Set<String> weights() {
    return Set.of();
  }

  @Override
  public Calibration calibration() {
    throw missing("how a network answers");
  }

  @Override
  public long samples() {
    return 0;
  }

  @Override
  public InputStatistics inputs(String weight) {
    throw missing("the inputs of '" + weight + "'");
  }

  @Override
  public Gram gram(String weight) {
    throw missing("the Gram matrix of '" + weight + "'");
  }

  @Override
  public Tensor rows(String weight) {
    throw missing("the inputs of '" + weight + "'");
  }

  @Override
  public Tensor gradient(String weight) {
    throw missing("the gradient of '" + weight + "'");
  }

  @Override
  public Tensor outputGradient(String weight) {
    throw missing("the gradient of the outputs by '" + weight + "'");
  }

  @Override
  public Tensor fisherDiagonal(String weight) {
    throw missing("the Fisher matrix of '" + weight + "'");
  }

  @Override
  public Tensor gaussNewtonDiagonal(String weight) {
    throw missing("the Gauss-Newton matrix of '" + weight + "'");
  }

  @Override
  public Tensor hessianDiagonal(String weight) {
    throw missing("the Hessian of '" + weight + "'");
  }

  @Override
  public Tensor sampleGradients(String weight) {
    throw missing("gradients of '" + weight + "'");
  }

  @Override
  public Map<String, Tensor> hessianVector(Map<String, Tensor> vector) {
    throw missing("the Hessian");
  }

  @Override
  public void forEachBatch(Visitor visitor) {
    throw missing("what a network does");
  }

  @Override
  public org.bytedeco.pytorch.Tensor loss(
      Map<String, org.bytedeco.pytorch.Tensor> inputs, org.bytedeco.pytorch.Tensor targets) {
    throw missing("the loss");
  }

  @Override
  public Evidence inSequence() {
    return this;
  }

  @Override
  public void replace(String weight, Tensor values) {}

  @Override
  public void close() {}
}
