package org.espalier.prune.evidence;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.torch.PausingPass;
import org.espalier.torch.TorchModel;

/** Evidence gathered on a model as it is. Threads that ask at the same time wait for each other. */
final class Observed implements Evidence {
  private final Model model;
  private final Set<String> weights;
  private final Calibration calibration;
  private final Observation how;
  private final Store store;
  private final Map<String, List<Site>> sites = new LinkedHashMap<>();
  private final Map<List<Object>, InputObserver> statistics = new HashMap<>();
  private final Map<List<Object>, InputObserver> products = new HashMap<>();
  private final Map<List<Object>, InputObserver> rows = new HashMap<>();
  private final Map<String, Gram> grams = new HashMap<>();
  private final Set<Need> gathered = EnumSet.noneOf(Need.class);
  private final List<Sequence> sequences = new ArrayList<>();
  private TorchModel torch;
  private Backward backward;

  Observed(Model model, Set<String> weights, Calibration calibration, Observation how) {
    this.model = model;
    this.weights = Set.copyOf(weights);
    this.calibration = calibration;
    this.how = how;
    store = new Store(how.memory());
    Map<String, Tensor> constants = Constants.of(model.graph());
    Map<String, List<Node>> consumers = model.graph().consumers();
    for (String weight : weights) {
      Tensor tensor = constants.get(weight);
      if (tensor == null) {
        throw new InvalidInputException("'" + weight + "' is no constant of the model");
      }
      sites.put(weight, Site.of(model.graph(), consumers, weight, tensor.dims()));
    }
  }

  /** The model with its weights to be differentiated, opened when first needed. */
  private TorchModel torch() {
    if (torch == null) {
      checkExamples();
      torch = TorchModel.of(model, TorchModel.Options.usual().withTrainable(weights::contains));
    }
    return torch;
  }

  private void checkExamples() {
    if (calibration.samples() == 0) {
      throw new InvalidInputException("the calibration has no examples");
    }
  }

  private Backward backward() {
    if (backward == null) {
      backward =
          new Backward(
              model,
              torch(),
              weights,
              inOrder(),
              site -> value(site, torch()),
              calibration,
              how,
              store);
    }
    return backward;
  }

  @Override
  public Evidence on(Model other, Set<String> weights) {
    return new Observed(other, weights, calibration, how);
  }

  @Override
  public Set<String> weights() {
    return weights;
  }

  @Override
  public Calibration calibration() {
    return calibration;
  }

  @Override
  public long samples() {
    return calibration.samples();
  }

  @Override
  public synchronized void gather(Set<Need> needs) {
    var missing = EnumSet.noneOf(Need.class);
    missing.addAll(needs);
    missing.removeAll(gathered);
    var inputs = EnumSet.of(Need.INPUTS, Need.GRAM, Need.ROWS);
    inputs.retainAll(missing);
    if (!inputs.isEmpty()) {
      observe(inputs);
    }
    if (missing.contains(Need.SAMPLE_GRADIENTS) || missing.contains(Need.FISHER_DIAGONAL)) {
      backward().samples(missing.contains(Need.SAMPLE_GRADIENTS));
      gathered.addAll(Set.of(Need.FISHER_DIAGONAL, Need.GRADIENTS));
    } else if (missing.contains(Need.GRADIENTS)) {
      backward().gradients();
    }
    if (missing.contains(Need.OUTPUT_GRADIENTS)) {
      backward().outputGradients();
    }
    if (missing.contains(Need.GAUSS_NEWTON_DIAGONAL)) {
      backward().gaussNewton();
    }
    if (missing.contains(Need.HESSIAN_DIAGONAL)) {
      backward().hessian();
    }
    gathered.addAll(missing);
  }

  private void observe(Set<Need> needs) {
    var observers = new LinkedHashMap<List<Object>, InputObserver>();
    var order = new ArrayList<Site>();
    for (Site site : inOrder()) {
      if (observers.putIfAbsent(site.key(), new InputObserver(site, needs, store)) == null) {
        order.add(site);
      }
    }
    long[] done = new long[1];
    calibration.forEach(
        batch -> {
          try (PausingPass pass = torch().pausing(List.of(batch.inputs()))) {
            for (Site site : order) {
              pass.until(value(site, torch()), observers.get(site.key())::observe);
            }
          }
          done[0] += batch.size();
          how.progress().at("observe inputs", done[0], calibration.samples());
        });
    if (needs.contains(Need.INPUTS)) {
      statistics.putAll(observers);
    }
    if (needs.contains(Need.GRAM)) {
      products.putAll(observers);
    }
    if (needs.contains(Need.ROWS)) {
      rows.putAll(observers);
    }
  }

  /** All sites in the order of their nodes. */
  private List<Site> inOrder() {
    var byNode = new HashMap<Node, List<Site>>();
    sites
        .values()
        .forEach(
            all ->
                all.forEach(
                    site -> byNode.computeIfAbsent(site.node(), n -> new ArrayList<>()).add(site)));
    return model.graph().nodes().stream()
        .filter(byNode::containsKey)
        .flatMap(node -> byNode.get(node).stream())
        .toList();
  }

  /** The name that a site's data have in the executed graph, where identities may be gone. */
  private String value(Site site, TorchModel executed) {
    String name = site.data();
    Map<String, Node> producers = model.graph().producers();
    while (!executed.has(name)) {
      Node maker = producers.get(name);
      if (maker == null || !(maker.is("Identity") || maker.is("Dropout"))) {
        throw new InvalidInputException(
            "input '%s' of node '%s' is not computed on its own"
                .formatted(site.data(), site.node().label()));
      }
      name = maker.input(0).orElse("");
    }
    return name;
  }

  private Site site(String weight) {
    List<Site> found = sites.get(weight);
    if (found == null) {
      throw new InvalidInputException(
          "'%s' is not among the %d weights that are observed".formatted(weight, sites.size()));
    }
    return found.getFirst();
  }

  @Override
  public synchronized InputStatistics inputs(String weight) {
    Site site = site(weight);
    gather(Set.of(Need.INPUTS));
    return statistics.get(site.key()).statistics();
  }

  @Override
  public synchronized Gram gram(String weight) {
    Site site = site(weight);
    gather(Set.of(Need.GRAM));
    return grams.computeIfAbsent(weight, _ -> products.get(site.key()).gram());
  }

  @Override
  public synchronized Tensor rows(String weight) {
    Site site = site(weight);
    gather(Set.of(Need.ROWS));
    return rows.get(site.key()).rowSample();
  }

  @Override
  public synchronized Tensor gradient(String weight) {
    site(weight);
    gather(Set.of(Need.GRADIENTS));
    return backward().gradient(weight);
  }

  @Override
  public synchronized Tensor outputGradient(String weight) {
    site(weight);
    gather(Set.of(Need.OUTPUT_GRADIENTS));
    return backward().outputGradient(weight);
  }

  @Override
  public synchronized Tensor fisherDiagonal(String weight) {
    site(weight);
    gather(Set.of(Need.FISHER_DIAGONAL));
    return backward().fisherDiagonal(weight);
  }

  @Override
  public synchronized Tensor gaussNewtonDiagonal(String weight) {
    site(weight);
    gather(Set.of(Need.GAUSS_NEWTON_DIAGONAL));
    return backward().gaussNewtonDiagonal(weight);
  }

  @Override
  public synchronized Tensor hessianDiagonal(String weight) {
    site(weight);
    gather(Set.of(Need.HESSIAN_DIAGONAL));
    return backward().hessianDiagonal(weight);
  }

  @Override
  public synchronized Tensor sampleGradients(String weight) {
    site(weight);
    gather(Set.of(Need.SAMPLE_GRADIENTS));
    return backward().sampleGradients(weight);
  }

  @Override
  public synchronized Map<String, Tensor> hessianVector(Map<String, Tensor> vector) {
    return backward().hessianVector(vector);
  }

  @Override
  public synchronized void forEachBatch(Visitor visitor) {
    backward().forEachBatch(visitor);
  }

  @Override
  public synchronized org.bytedeco.pytorch.Tensor loss(
      Map<String, org.bytedeco.pytorch.Tensor> inputs, org.bytedeco.pytorch.Tensor targets) {
    return backward().loss(inputs, targets);
  }

  @Override
  public synchronized Evidence inSequence() {
    checkExamples();
    List<Map<String, Tensor>> batches = Calibration.inputs(calibration);
    TorchModel own = TorchModel.of(model, TorchModel.Options.usual().withTrainable(_ -> false));
    var sequence = new Sequence(this, own, own.pausing(batches), how);
    sequences.add(sequence);
    return sequence;
  }

  /** Observes one layer's input in a pass that has come that far. */
  InputObserver observe(
      String weight, PausingPass pass, TorchModel executed, Set<Need> needs, Store memory) {
    Site site = site(weight);
    var observer = new InputObserver(site, needs, memory);
    pass.until(value(site, executed), observer::observe);
    return observer;
  }

  /** What tells the inputs of a layer apart from others'. */
  List<Object> inputKey(String weight) {
    return site(weight).key();
  }

  @Override
  public void replace(String weight, Tensor values) {}

  @Override
  public synchronized void close() {
    sequences.forEach(Sequence::close);
    if (torch != null) {
      torch.close();
    }
    store.close();
  }
}
