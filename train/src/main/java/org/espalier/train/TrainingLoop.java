package org.espalier.train;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Model;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.torch.TorchModel;
import org.espalier.train.data.Batch;
import org.espalier.train.data.Batches;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Seeds;
import org.espalier.train.optim.Optimizer;

/** One training under way: its state, and the steps that change it. */
final class TrainingLoop implements AutoCloseable {
  private static final long ORDER = 1;
  private static final long RULES = 3;
  private static final long CHECKPOINT_NANOS = 30_000_000_000L;

  private final Model model;
  private final TorchModel net;
  private final TrainingOptions options;
  private final List<TrainingRule> rules;
  private final Dataset data;
  private final Optional<Dataset> validation;
  private final Surroundings surroundings;
  private final Network network;
  private final Gradients gradients;
  private final Memory memory;
  private final HeldMasks held;
  private final Work work;
  private final Step step;
  private final int perEpoch;
  private final long steps;
  private final Checkpoint.Identity identity;

  private final Standing standing = new Standing();
  private Optional<BestEpoch> best = Optional.empty();
  private long lastCheckpoint = System.nanoTime();

  TrainingLoop(
      Model model,
      TorchModel net,
      ModelInput input,
      TrainingOptions options,
      List<TrainingRule> rules,
      Dataset data,
      Optional<Dataset> validation) {
    this.model = model;
    this.net = net;
    this.options = options;
    this.rules = rules;
    this.data = data;
    this.validation = validation;
    surroundings = new Surroundings(model, data, input, options);
    network = new Network(model, net, input.name(), options.loss());
    var trained = new LinkedHashMap<>(net.weights());
    trained.keySet().retainAll(net.parameters().keySet());
    memory = new Memory(options.optimizer().slots(), trained);
    held = new HeldMasks(net.weights(), memory);
    work = new Work(model);
    perEpoch = Batches.count(data, options.batch());
    steps = (long) perEpoch * options.epochs();
    long seed = Seeds.mix(options.seed(), RULES);
    step = new Step(net, network, surroundings, layers(model, net), held, memory, steps, seed);
    gradients = new Gradients(net, network, surroundings, rules, held, step);
    identity = Checkpoint.Identity.of(options, rules, net.weights(), data);
    standing.counted = data.classes() > 0;
  }

  private static List<Layer> layers(Model model, TorchModel net) {
    return Layers.of(model).layers().stream()
        .filter(layer -> net.parameters().containsKey(layer.weight()))
        .map(
            layer -> {
              var now = net.weights().get(layer.weight());
              return layer.with(now.reshape(layer.tensor().dims()));
            })
        .toList();
  }

  Trained run(TrainingProgress progress) throws IOException {
    torch.globalContext().setDeterministicAlgorithms(true, true);
    // Would fill all fresh memory with NaN, at a cost; nothing here reads what it hasn't written.
    torch.globalContext().setDeterministicFillUninitializedMemory(false);
    if (resumed()) {
      progress.resumed(standing.step);
    } else {
      step.moveTo(0);
      try (var _ = new PointerScope()) {
        rules.forEach(rule -> rule.begin(step));
      }
    }
    while (standing.step < steps && !isOver()) {
      epoch(progress);
    }
    best.ifPresent(kept -> kept.restore(net.weights(), held));
    Model trained = net.model();
    for (TrainingRule rule : rules) {
      trained = rule.finish(step, trained);
    }
    return new Trained(
        trained,
        held.masks().on(trained),
        standing.epochs,
        best.map(BestEpoch::epoch).orElse(standing.epochs.size() - 1),
        identity.data());
  }

  private boolean isOver() {
    return options.patience() > 0
        && best.isPresent()
        && standing.epochs.size() - 1 - best.get().epoch() >= options.patience();
  }

  private void epoch(TrainingProgress progress) throws IOException {
    long started = System.nanoTime();
    int epoch = standing.epochs.size();
    int first = (int) (standing.step - (long) epoch * perEpoch);
    long order = Seeds.mix(options.seed(), ORDER, epoch);
    try (Batches batches = Batches.shuffled(data, options.batch(), order, first)) {
      while (batches.hasNext()) {
        double loss = step(next(batches));
        progress.step(standing.step, steps, epoch, loss);
        if (Thread.currentThread().isInterrupted()) {
          checkpoint();
          throw new CancellationException("interrupted after step " + standing.step);
        }
        if (batches.hasNext() && System.nanoTime() - lastCheckpoint > CHECKPOINT_NANOS) {
          checkpoint();
        }
      }
    }
    try (var _ = new PointerScope()) {
      rules.forEach(rule -> rule.afterEpoch(step));
    }
    Optional<Evaluation> judged = validation.map(part -> Evaluation.of(net, model, part));
    Epoch done =
        standing.epoch(
            epoch,
            judged,
            surroundings.rate(standing.step - 1),
            held.masks().sparsity(),
            (System.nanoTime() - started) / 1e9);
    if (options.patience() > 0) {
      keepBest(done);
    }
    checkpoint();
    progress.epoch(done);
  }

  private Batch next(Batches batches) throws IOException {
    try {
      return batches.next();
    } catch (CancellationException interrupted) {
      checkpoint();
      throw interrupted;
    }
  }

  private void keepBest(Epoch done) {
    boolean settled = rules.stream().allMatch(rule -> rule.isSettled(step));
    double merit = BestEpoch.merit(done.validation().orElseThrow());
    if (settled && (best.isEmpty() || merit > best.get().merit())) {
      best = Optional.of(BestEpoch.of(done.number(), merit, net.weights(), held.masks()));
    }
  }

  /** One step of training; its loss. */
  private double step(Batch batch) {
    step.moveTo(standing.step);
    try (var _ = new PointerScope()) {
      Gradients.Found found = gradients.of(batch);
      Pass pass = found.pass();
      double share = work.share(held.masks());
      try (var _ = new AutoGradMode(false)) {
        update(found.byWeight());
        standing.add(
            found.loss(),
            batch.size(),
            correct(pass.logits(), pass.targets()),
            pass.targets().numel(),
            share);
      }
      return found.loss();
    }
  }

  private void update(Map<String, Tensor> gradients) {
    rules.forEach(rule -> rule.beforeUpdate(step, gradients));
    held.apply(gradients);
    options.clipping().apply(gradients.values());
    Optimizer optimizer = options.optimizer();
    Map<String, Tensor> weights = net.parameters();
    weights.forEach(
        (name, weight) -> {
          boolean decays = optimizer.decay().appliesTo(weight.dim());
          optimizer.observe(weight, gradients.get(name), memory.views(name), decays);
        });
    rules.forEach(rule -> decay(rule.decay(step)));
    double rate = surroundings.rate(standing.step);
    weights.forEach(
        (name, weight) -> {
          boolean decays = optimizer.decay().appliesTo(weight.dim());
          Tensor gradient = gradients.get(name);
          optimizer.update(weight, gradient, memory.views(name), rate, standing.step, decays);
        });
    held.apply(weights);
    rules.forEach(rule -> rule.afterUpdate(step));
  }

  private void decay(Map<String, Tensor> shrinkage) {
    held.apply(shrinkage); // on the difference: zero times a negative weight would be minus zero
    shrinkage.forEach((weight, share) -> net.parameters().get(weight).sub_(share));
  }

  private long correct(Tensor output, Tensor targets) {
    if (data.classes() == 0) {
      return 0;
    }
    boolean pixels = data.targetShape().length > 1; // a class for each: [N, classes, H, W]
    Tensor best = output.argmax(new LongOptional(pixels ? 1 : -1), false);
    return best.eq(targets).sum().item_long();
  }

  private boolean resumed() throws IOException {
    Optional<Checkpoint> saved =
        options.checkpoint().isPresent()
            ? Checkpoint.read(options.checkpoint().get(), identity)
            : Optional.empty();
    if (saved.isEmpty()) {
      return false;
    }
    Checkpoint checkpoint = saved.get();
    standing.restore(checkpoint.standing());
    checkpoint.restore(Checkpoint.WEIGHTS, net.weights());
    checkpoint.restore(Checkpoint.SLOTS, memory.named());
    memory.rules().putAll(checkpoint.part(Checkpoint.RULES));
    held.hold(checkpoint.masks(Checkpoint.MASKS));
    best = checkpoint.best();
    step.moveTo(Math.max(0, standing.step - 1));
    return true;
  }

  private void checkpoint() throws IOException {
    if (options.checkpoint().isPresent()) {
      var parts = new LinkedHashMap<String, Map<String, org.espalier.graph.Tensor>>();
      parts.put(Checkpoint.WEIGHTS, net.weights());
      parts.put(Checkpoint.SLOTS, memory.named());
      parts.put(Checkpoint.RULES, memory.rules());
      Checkpoint.write(options.checkpoint().get(), identity, standing, parts, held.masks(), best);
      lastCheckpoint = System.nanoTime();
    }
  }

  @Override
  public void close() {
    surroundings.close();
    held.close();
    memory.close();
  }
}
