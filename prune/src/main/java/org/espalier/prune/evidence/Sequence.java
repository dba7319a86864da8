package org.espalier.prune.evidence;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.torch.PausingPass;
import org.espalier.torch.TorchModel;

/**
 * Evidence in sequence: one forward pass over all batches, which pauses at each layer until its
 * weight has been replaced. Each node runs once, and only the current activations are held. What
 * methods declare to need is gathered of the network as it was; inputs come as they are asked for.
 */
final class Sequence extends Forwarding {
  private final Observed dense;
  private final TorchModel torch;
  private final PausingPass pass;
  private final Observation how;
  private final Map<Need, InputObserver> observers = new EnumMap<>(Need.class);
  private List<Object> seen = List.of();
  private Store store;
  private long layers;
  private boolean closed;

  Sequence(Observed dense, TorchModel torch, PausingPass pass, Observation how) {
    super(dense);
    this.dense = dense;
    this.torch = torch;
    this.pass = pass;
    this.how = how;
  }

  /** Layers that share their input, such as queries, keys and values, share what is seen of it. */
  private InputObserver observer(String weight, Need need) {
    List<Object> key = dense.inputKey(weight);
    if (!key.equals(seen)) {
      forget();
      store = new Store(how.memory());
      seen = key;
    }
    return observers.computeIfAbsent(
        need, _ -> dense.observe(weight, pass, torch, Set.of(need), store));
  }

  private void forget() {
    observers.clear();
    if (store != null) {
      store.close();
    }
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

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      pass.close();
      torch.close();
      forget();
    }
  }
}
