package org.espalier.train;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;
import org.espalier.train.data.Batch;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Seeds;

/** The gradients of a batch as the rules want them, at the weights or a little way off. */
final class Gradients {
  private static final long CHANCE = 2;

  private final TorchModel net;
  private final Network network;
  private final Surroundings surroundings;
  private final List<TrainingRule> rules;
  private final HeldMasks held;
  private final Step step;

  /** What a batch came to: the loss before anything was added, and the gradients of it all. */
  record Found(double loss, Pass pass, Map<String, Tensor> byWeight) {}

  Gradients(
      TorchModel net,
      Network network,
      Surroundings surroundings,
      List<TrainingRule> rules,
      HeldMasks held,
      Step step) {
    this.net = net;
    this.network = network;
    this.surroundings = surroundings;
    this.rules = rules;
    this.held = held;
    this.step = step;
  }

  /** Goes forward and back over a batch, in the pointer scope around. */
  Found of(Batch batch) {
    Tensor targets = Libtorch.view(batch.targets());
    Tensor shown = Libtorch.view(surroundings.input().shaped(batch.inputs()));
    see();
    for (TrainingRule rule : rules) {
      shown = rule.examples(step, shown, targets);
    }
    Pass pass = pass(shown, targets);
    checkClasses(pass.logits());
    Tensor loss = network.loss(pass);
    double value = loss.item_double();
    if (!Double.isFinite(value)) {
      throw new InvalidInputException(
          "training diverged: the loss is %s at step %d; a lower learning rate, warm-up or clipped"
                  .formatted(value, step.index())
              + " gradients may help");
    }
    try (var _ = new AutoGradMode(false)) {
      rules.forEach(rule -> rule.observe(step, pass));
    }
    Map<String, Tensor> gradients = gradients(pass, loss);
    Map<String, Tensor> offsets = offsets(gradients);
    return new Found(value, pass, offsets.isEmpty() ? gradients : besides(offsets, shown, targets));
  }

  private void see() {
    var instead = new LinkedHashMap<String, Tensor>();
    rules.forEach(rule -> instead.putAll(rule.beforeForward(step)));
    network.see(instead);
  }

  private Pass pass(Tensor examples, Tensor targets) {
    Set<String> taps = new LinkedHashSet<>();
    rules.forEach(rule -> taps.addAll(rule.taps(step)));
    Libtorch.manualSeed(Seeds.mix(surroundings.options().seed(), CHANCE, step.index()));
    return network.show(examples, targets, Mode.TRAIN, taps);
  }

  private void checkClasses(Tensor output) {
    Dataset data = surroundings.data();
    if (step.index() == 0 && data.classes() > 0 && data.targetShape().length <= 1) {
      long told = output.dim() > 0 ? output.size(-1) : 1;
      if (told < data.classes()) {
        throw new InvalidInputException(
            "the model tells %d classes apart, the data have %d".formatted(told, data.classes()));
      }
    }
  }

  private Map<String, Tensor> gradients(Pass pass, Tensor plain) {
    Tensor loss = plain;
    for (TrainingRule rule : rules) {
      loss = rule.loss(step, pass, loss);
    }
    return owned(net.gradients(loss));
  }

  private Map<String, Tensor> offsets(Map<String, Tensor> gradients) {
    var offsets = new LinkedHashMap<String, Tensor>();
    try (var _ = new AutoGradMode(false)) {
      rules.forEach(
          rule ->
              rule.offsets(step, gradients)
                  .forEach((weight, offset) -> offsets.merge(weight, offset, Tensor::add)));
      held.apply(offsets);
    }
    return offsets;
  }

  /**
   * The gradients where the weights are so far off. Weights and running statistics are put back bit
   * for bit: statistics are those of the first pass.
   */
  private Map<String, Tensor> besides(
      Map<String, Tensor> offsets, Tensor examples, Tensor targets) {
    var saved = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    net.weights()
        .forEach(
            (name, weight) -> {
              if (offsets.containsKey(name) || !net.parameters().containsKey(name)) {
                saved.put(name, weight.copy());
              }
            });
    try (var _ = new AutoGradMode(false)) {
      offsets.forEach((weight, offset) -> net.parameters().get(weight).add_(offset));
    }
    see();
    Pass pass = pass(examples, targets);
    Map<String, Tensor> gradients = gradients(pass, network.loss(pass));
    saved.forEach((name, weight) -> net.weights().get(name).data().copyFrom(weight.data()));
    return gradients;
  }

  /**
   * The gradients in memory of their own, to be changed in place: autograd may hand out the same
   * tensor twice (both operands of an addition), or one that is spread from fewer elements.
   */
  private static Map<String, Tensor> owned(Map<String, Tensor> gradients) {
    var own = new LinkedHashMap<String, Tensor>();
    var seen = new HashSet<Long>();
    gradients.forEach(
        (name, gradient) -> {
          boolean alone =
              gradient.is_non_overlapping_and_dense() && seen.add(gradient.data_ptr().address());
          own.put(name, alone ? gradient : gradient.clone());
        });
    return own;
  }
}
