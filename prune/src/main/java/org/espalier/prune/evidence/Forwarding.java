package org.espalier.prune.evidence;

import java.util.Map;
import java.util.Set;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/** Evidence that is another's, but for what a subclass sees in its own way. */
abstract class Forwarding implements Evidence {
  private final Evidence network;

  Forwarding(Evidence network) {
    this.network = network;
  }

  @Override
  public Evidence on(Model other, Set<String> weights) {
    return network.on(other, weights);
  }

  @Override
  public Evidence inSequence() {
    return network.inSequence();
  }

  @Override
  public void replace(String weight, Tensor values) {
    network.replace(weight, values);
  }

  @Override
  public void gather(Set<Need> needs) {
    network.gather(needs);
  }

  @Override
  public Set<String> weights() {
    return network.weights();
  }

  @Override
  public Calibration calibration() {
    return network.calibration();
  }

  @Override
  public long samples() {
    return network.samples();
  }

  @Override
  public InputStatistics inputs(String weight) {
    return network.inputs(weight);
  }

  @Override
  public Gram gram(String weight) {
    return network.gram(weight);
  }

  @Override
  public Tensor rows(String weight) {
    return network.rows(weight);
  }

  @Override
  public Tensor gradient(String weight) {
    return network.gradient(weight);
  }

  @Override
  public Tensor outputGradient(String weight) {
    return network.outputGradient(weight);
  }

  @Override
  public Tensor fisherDiagonal(String weight) {
    return network.fisherDiagonal(weight);
  }

  @Override
  public Tensor gaussNewtonDiagonal(String weight) {
    return network.gaussNewtonDiagonal(weight);
  }

  @Override
  public Tensor hessianDiagonal(String weight) {
    return network.hessianDiagonal(weight);
  }

  @Override
  public Tensor sampleGradients(String weight) {
    return network.sampleGradients(weight);
  }

  @Override
  public Map<String, Tensor> hessianVector(Map<String, Tensor> vector) {
    return network.hessianVector(vector);
  }

  @Override
  public void forEachBatch(Visitor visitor) {
    network.forEachBatch(visitor);
  }

  @Override
  public org.bytedeco.pytorch.Tensor loss(
      Map<String, org.bytedeco.pytorch.Tensor> inputs, org.bytedeco.pytorch.Tensor targets) {
    return network.loss(inputs, targets);
  }

  @Override
  public void close() {
    network.close();
  }
}
