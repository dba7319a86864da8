package org.espalier.prune.evidence;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.torch.PausingPass;
import org.espalier.torch.TorchModel;

/**
 * Evidence in sequence: one forward pass over all batches, which pauses at each layer until its
 * weight has been replaced. Each node runs once, and only the current activations are held.
 */
final class Sequence implements Evidence {
  private final Observed dense;
  private final TorchModel torch;
  private final PausingPass pass;
  private final Observation how;
  private List<Object> seen = List.of();
  private InputObserver observer;
  private Set<Need> observed = Set.of();
  private Store store;
  private long layers;
  private boolean closed;

  Sequence(Observed dense, TorchModel torch, PausingPass pass, Observation how) {
    this.dense = dense;
    this.torch = torch;
    this.pass = pass;
    this.how = how;
  }

  /** Layers that share their input, such as queries, keys and values, share what is seen of it. */
  private InputObserver observer(String weight, Need need) {
    List<Object> key = dense.inputKey(weight);
    if (!key.equals(seen) || !observed.contains(need)) {
      if (store != null) {
        store.close();
      }
      store = new Store(how.memory());
      observed = EnumSet.of(Need.INPUTS, need);
      observer = dense.observe(weight, pass, torch, observed, store);
      seen = key;
    }
    return observer;
  }

  @Override
  public InputStatistics inputs(String weight) {
    return observer(weight, Need.INPUTS).statistics();
  }

  @Override
  public Gram gram(String weight) {
    return observer(weight, Need.GRAM).gram();
  }

  @Override
  public Tensor rows(String weight) {
    return observer(weight, Need.ROWS).rowSample();
  }

  @Override
  public void replace(String weight, Tensor values) {
    Tensor mine = torch.weights().get(weight);
    if (mine == null || mine.size() != values.size() || mine.type() != values.type()) {
      throw new InvalidInputException(
          "'%s' can't be replaced by %s: it is %s".formatted(weight, values, mine));
    }
    mine.data().copyFrom(values.data());
    how.progress().at("prune layer by layer", ++layers, dense.weights().size());
  }

  /** Methods declare what they need of the network as it was; inputs come as they are asked for. */
  @Override
  public void gather(Set<Need> needs) {
    dense.gather(needs);
  }

  @Override
  public Evidence on(Model other, Set<String> weights) {
    return dense.on(other, weights);
  }

  @Override
  public Set<String> weights() {
    return dense.weights();
  }

  @Override
  public Calibration calibration() {
    return dense.calibration();
  }

  @Override
  public long samples() {
    return dense.samples();
  }

  @Override
  public Tensor gradient(String weight) {
    return dense.gradient(weight);
  }

  @Override
  public Tensor outputGradient(String weight) {
    return dense.outputGradient(weight);
  }

  @Override
  public Tensor fisherDiagonal(String weight) {
    return dense.fisherDiagonal(weight);
  }

  @Override
  public Tensor sampleGradients(String weight) {
    return dense.sampleGradients(weight);
  }

  @Override
  public Map<String, Tensor> hessianVector(Map<String, Tensor> vector) {
    return dense.hessianVector(vector);
  }

  @Override
  public void forEachBatch(Visitor visitor) {
    dense.forEachBatch(visitor);
  }

  @Override
  public org.bytedeco.pytorch.Tensor loss(
      Map<String, org.bytedeco.pytorch.Tensor> inputs, org.bytedeco.pytorch.Tensor targets) {
    return dense.loss(inputs, targets);
  }

  @Override
  public Evidence inSequence() {
    return dense.inSequence();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      pass.close();
      torch.close();
      if (store != null) {
        store.close();
      }
    }
  }
}
